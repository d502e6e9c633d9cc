// The peer's worker, as smoldot's documentation shows it.

import { compileBytecode } from "smoldot/bytecode";
import { run } from "smoldot/worker";

onmessage = (event) => run(event.data);
compileBytecode().then((bytecode) => postMessage(bytecode));
