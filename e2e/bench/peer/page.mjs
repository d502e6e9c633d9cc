// The peer's page: npm smoldot in a worker with polkadot-api, as their documentation shows it, reading the
// values that Lantern's table of subnets is made of.

import { createClient } from "polkadot-api";
import { getSmProvider } from "polkadot-api/sm-provider";
import { startWithBytecode } from "smoldot/no-auto-bytecode";

/** The maps by subnet that a row is made of: chain/src/queries/network.rs reads the same. */
const MAPS = [
  "NetworksAdded",
  "SubnetIdentitiesV3",
  "TokenSymbol",
  "SubnetTAO",
  "SubnetAlphaIn",
  "SubnetAlphaOut",
  "SubnetTaoInEmission",
  "SubnetExcessTao",
  "SubnetMovingPrice",
  "MinerBurned",
  "FirstEmissionBlockNumber",
  "SubnetEmissionEnabled",
  "NetworkRegistrationAllowed",
  "Tempo",
  "LastEpochBlock",
  "PendingEpochAt",
  "BlocksSinceLastStep",
  "NetworkRegisteredAt",
  "SubnetOwner",
  "SubtokenEnabled",
];

globalThis.peer = { marks: {}, errors: [] };
const mark = (name) => (globalThis.peer.marks[name] ??= performance.now());

async function run() {
  const worker = new Worker("/worker.js", { type: "module" });
  const bytecode = new Promise((resolve) => (worker.onmessage = (event) => resolve(event.data)));
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port1, [port1]);
  const smoldot = startWithBytecode({ bytecode, portToWorker: port2 });
  const chain = await (await fetch("/chain.json")).json();
  const added = smoldot.addChain({ chainSpec: chain.specification, databaseContent: chain.database });
  const client = createClient(getSmProvider(() => added));
  const api = client.getUnsafeApi();
  let seen = 0;
  client.finalizedBlock$.subscribe({
    next: (block) => {
      seen += 1;
      // The first is the block that the client was initialised at; the second was finalized after that.
      if (seen === 1) {
        mark("initialized");
        read(api, block.hash).catch((error) => globalThis.peer.errors.push(String(error)));
      }
      if (seen === 2) mark("verified");
    },
    error: (error) => globalThis.peer.errors.push(String(error)),
  });
}

async function read(api, at) {
  const query = api.query.SubtensorModule;
  // One value first, which loads the metadata: where everything is asked for at once, the peer needs six
  // seconds more.
  await query.TotalNetworks.getValue({ at });
  const [maps, prices] = await Promise.all([
    Promise.all(MAPS.map((name) => query[name].getEntries({ at }))),
    api.apis.SwapRuntimeApi.current_alpha_price_all({ at }),
    query.TotalNetworks.getValue({ at }),
    query.TotalIssuance.getValue({ at }),
  ]);
  globalThis.peer.rows = maps[0].length;
  globalThis.peer.values = maps.reduce((sum, entries) => sum + entries.length, prices.length);
  mark("table");
}

run().catch((error) => globalThis.peer.errors.push(String(error)));
