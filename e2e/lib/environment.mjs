// What `cargo xtask test` says about this run.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

export const environment = {
  /** `chrome` or `firefox`. */
  browser: process.env.LANTERN_BROWSER ?? "chrome",
  /** The folder that ships. */
  dist: process.env.LANTERN_DIST ?? path.join(root, "dist"),
  /** The local chain's binary. */
  devnet: process.env.LANTERN_DEVNET ?? path.join(root, "devnet/target/debug/lantern-devnet"),
  /** The binary of `cargo xtask`, which serves the page as a host would. */
  xtask: process.env.LANTERN_XTASK ?? path.join(root, "xtask/target/debug/xtask"),
  /** Where screenshots and logs go. */
  artifacts: process.env.LANTERN_ARTIFACTS ?? path.join(root, "target/e2e"),
};

if (!["chrome", "firefox"].includes(environment.browser)) {
  throw new Error(`LANTERN_BROWSER is ${environment.browser}; there are chrome and firefox`);
}
mkdirSync(environment.artifacts, { recursive: true });
