// Runs the specs one after the other, so that none disturbs another's timing, and reports in TAP.

import { readdirSync } from "node:fs";
import path from "node:path";
import { run } from "node:test";
import { tap } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(path.join(here, "specs"))
  .filter((name) => name.endsWith(".spec.mjs"))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort()
  .map((name) => path.join(here, "specs", name));

const stream = run({ files, concurrency: 1, timeout: 600_000 });
stream.on("test:fail", () => (process.exitCode = 1));
stream.compose(tap).pipe(process.stdout);
