// Serves the benchmark's files on loopback, with the headers that allow a page to share memory between threads.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/**
 * Serves `files`, contents by path, and `folders`, folders by their first path segment.
 * Returns the address and a function that ends it.
 */
export async function serve(files, folders) {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, "http://localhost").pathname;
    try {
      const [, top, ...rest] = name.split("/");
      const body = files.get(name) ?? (await readFile(path.join(folders.get(top) ?? "/nowhere", path.basename(rest.join("/")))));
      response.writeHead(200, {
        "Content-Type": TYPES[path.extname(name)] ?? "application/octet-stream",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cache-Control": "no-store",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
