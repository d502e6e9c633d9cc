// Serves what ships, with the headers that ship, through `cargo xtask serve`.

import { spawn } from "node:child_process";
import { once } from "node:events";

import { environment } from "./environment.mjs";

/** A served page. */
export class Site {
  #child;

  constructor(child, url) {
    this.#child = child;
    /** The page's address, without a slash at the end. */
    this.url = url;
  }

  /** Serves a folder, with `networkFile` as the local network where it is given. */
  static async start(networkFile, folder = environment.dist) {
    const flags = ["serve", "--port", "0", "--dist", folder];
    if (networkFile) flags.push("--network", networkFile);
    const child = spawn(environment.xtask, flags, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    for await (const data of child.stdout) {
      output += data;
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output);
      if (url) return new Site(child, url[0]);
    }
    throw new Error(`the server did not start: ${output}`);
  }

  /** Stops serving. */
  async stop() {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
