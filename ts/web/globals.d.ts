// A file as text, which Vite puts in when it builds.
declare module '*?raw' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: Vite has it so
  export default text;
}

// In a draft, and not in TypeScript's library yet.
declare function showDirectoryPicker(options: {
  mode: 'read' | 'readwrite';
}): Promise<FileSystemDirectoryHandle>;
