// Starts and stops the local chain, each time on free ports and in a folder of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { environment } from "./environment.mjs";

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 10_000;

/** Ports of light clients' listeners: the only ones besides the page's own that a page may connect to. */
export const peerPorts = new Set();

/** A running chain. */
export class Devnet {
  #child;
  #folder;

  constructor(child, folder, ready, network) {
    this.#child = child;
    this.#folder = folder;
    /** Address of the JSON-RPC server. */
    this.rpc = ready.rpc;
    /** Multiaddress of the light clients' listener. */
    this.peer = ready.p2p;
    peerPorts.add(Number(/\/tcp\/(\d+)\//.exec(ready.p2p)[1]));
    /** What the page loads to learn about the network. */
    this.network = network;
    /** The file that holds it. */
    this.networkFile = path.join(folder, "local.json");
  }

  /** Starts a chain. `options` are the node's, without the leading hyphens; `true` is for those that take no value. */
  static async start(options = {}) {
    const folder = await mkdtemp(path.join(tmpdir(), "lantern-devnet-"));
    const readyFile = path.join(folder, "ready.json");
    const all = {
      scenario: "small",
      "slot-ms": 250,
      "p2p-port": 0,
      "rpc-port": 0,
      "spec-out": path.join(folder, "local.json"),
      "ready-file": readyFile,
      ...options,
    };
    const flags = Object.entries(all).flatMap(([name, value]) =>
      value === true ? [`--${name}`] : [`--${name}`, String(value)],
    );
    const child = spawn(environment.devnet, ["run", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(path.join(environment.artifacts, `devnet-${child.pid}.log`));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const started = Date.now();
    while (!(await exists(readyFile))) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the chain ended while starting; see ${log.path}`);
      }
      if (Date.now() - started > START_LIMIT_MS) {
        child.kill("SIGKILL");
        throw new Error(`the chain was not ready after ${START_LIMIT_MS} ms; see ${log.path}`);
      }
      await delay(25);
    }
    // The file is renamed into place or written in one go; a half-written one does not parse.
    const ready = await parsed(readyFile);
    return new Devnet(child, folder, ready, await parsed(all["spec-out"]));
  }

  /** Whether the process is still there. */
  get isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Stops answering without closing anything, as a machine that hangs does. */
  pause() {
    this.#child.kill("SIGSTOP");
  }

  /** Goes on after `pause`. */
  resume() {
    this.#child.kill("SIGCONT");
  }

  /** Ends the chain. */
  async stop() {
    if (this.isRunning) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGCONT");
      this.#child.kill("SIGTERM");
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_LIMIT_MS);
      await ended;
      clearTimeout(timer);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Replaces the runtime by the next build and waits until a finalized block runs it. */
  async upgrade() {
    const child = spawn(environment.devnet, ["upgrade", "--rpc", this.rpc], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`the upgrade failed: ${output}`);
    return output;
  }
}

async function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function parsed(file) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return JSON.parse(await readFile(file, "utf8"));
    } catch (error) {
      if (attempt === 40) throw error;
      await delay(25);
    }
  }
}
