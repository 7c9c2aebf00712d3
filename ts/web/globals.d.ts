// A file as text; Vite inserts it during the build.
declare module '*?raw' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: Vite has it so
  export default text;
}

// A draft that TypeScript's library does not have yet.
declare function showDirectoryPicker(options: {
  mode: 'read' | 'readwrite';
}): Promise<FileSystemDirectoryHandle>;
