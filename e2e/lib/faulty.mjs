// A host between the browser and the page's own server, which can cut, refuse and change answers.

import http from "node:http";

/** Stands in front of a site and does to its answers what a test asks for. */
export class Faulty {
  #server;

  constructor(server, url) {
    this.#server = server;
    this.url = url;
    /** What the requests for weights asked for: a range, or nothing. */
    this.asked = [];
    /** Bytes after which the next answers with weights break, one entry for each; 0 breaks at once. */
    this.cuts = [];
    /** Whether pages of other hosts may read what this one has. */
    this.isOpen = false;
    /** Script in front of the miner's worker. */
    this.prelude = "";
  }

  /** Starts in front of `site`. */
  static async start(site) {
    const server = http.createServer((request, response) => faulty.#pass(site, request, response));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const faulty = new Faulty(server, `http://127.0.0.1:${server.address().port}`);
    return faulty;
  }

  async #pass(site, request, response) {
    const isWeights = request.url.endsWith(".safetensors");
    const cut = isWeights ? this.cuts.shift() : undefined;
    if (isWeights) this.asked.push(request.headers.range ?? "");
    if (cut === 0) return request.socket.destroy();
    const range = request.headers.range ? { range: request.headers.range } : {};
    try {
      const answer = await fetch(site.url + request.url, { headers: { ...range, "accept-encoding": "identity" } });
      let body = Buffer.from(await answer.arrayBuffer());
      if (request.url === "/workers/miner.js") body = Buffer.concat([Buffer.from(this.prelude), body]);
      const left = ["content-length", "connection", "date", "keep-alive"];
      const headers = Object.fromEntries([...answer.headers].filter(([name]) => !left.includes(name)));
      if (this.isOpen) Object.assign(headers, { "access-control-allow-origin": "*" });
      response.writeHead(answer.status, { ...headers, "content-length": body.length });
      if (cut === undefined) return response.end(body);
      // What was sent has to arrive before the connection breaks, or the browser drops it.
      response.write(body.subarray(0, cut), () => setTimeout(() => request.socket.destroy(), 200));
    } catch {
      request.socket.destroy();
    }
  }

  /** Stops. */
  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
