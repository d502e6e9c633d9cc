// What the chain itself says, read through a client that we did not write.

import { ApiPromise, WsProvider } from "@polkadot/api";

/** Connects to a node. The caller disconnects. */
export async function connect(rpc) {
  return ApiPromise.create({ provider: new WsProvider(rpc), noInitWarn: true, throwOnConnect: true });
}

/** Calls a JSON-RPC method that the client does not know. */
export async function call(rpc, method, ...parameters) {
  const provider = new WsProvider(rpc, false);
  await provider.connect();
  try {
    await provider.isReady;
    return await provider.send(method, parameters);
  } finally {
    await provider.disconnect();
  }
}
