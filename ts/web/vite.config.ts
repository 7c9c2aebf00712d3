import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: {
    outDir: '../../build/out/web',
    emptyOutDir: true,
    target: 'es2022',
    // The Content Security Policy allows data URLs only for pictures.
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
  preview: { port: 8080 },
});
