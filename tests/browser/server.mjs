import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';

/** @type {Readonly<Record<string, string>>} */
const types = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** A page with `mapcp/browser` as the global `mapcp`, and nothing else. */
const blank = `<!doctype html><title>mapcp</title><script type="module">
globalThis.mapcp = await import('/js/browser/index.js');
</script>`;

/**
 * Serves build/out, and a page at `/`, until it is closed.
 * @returns {Promise<{ readonly origin: string; close(): void }>}
 */
export async function serve() {
  const root = resolve('build/out');
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = join(root, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    const content = pathname === '/' ? blank : await readFile(path).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200, {
      // For a page of another origin.
      'access-control-allow-origin': '*',
      'content-type': types[pathname === '/' ? '.html' : extname(path)] ?? 'application/octet-stream',
    });
    response.end(content);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
