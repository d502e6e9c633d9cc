// What the peer gets to start from the same checkpoint: a specification with a stand-in for a BABE
// checkpoint, and a database with the real one. Lantern's own worker does the same inside.

const zeros = (bytes) => "00".repeat(bytes);
const u32 = (value) => little(value, 4);
const u64 = (value) => little(value, 8);

function little(value, bytes) {
  let text = "";
  for (let rest = BigInt(value), at = 0; at < bytes; at += 1, rest >>= 8n) {
    text += (rest & 255n).toString(16).padStart(2, "0");
  }
  return text;
}

const BABE = Buffer.from("BABE").toString("hex");
const ONE_AUTHORITY = `04${zeros(32)}${u64(1)}`;

function standInHeader() {
  const preRuntime = `06${BABE}34${"02"}${u32(0)}${u64(1)}`;
  const seal = `05${BABE}0101${zeros(64)}`;
  return `0x${zeros(32)}04${zeros(32)}${zeros(32)}08${preRuntime}${seal}`;
}

function standInEpochs() {
  const epoch = (index) =>
    `01${u64(index)}${u64(index)}${u64(1)}${ONE_AUTHORITY}${zeros(32)}${u64(1)}${u64(1)}01`;
  const node = (number) => `${little(number, 1).repeat(32)}${u32(number)}${epoch(number)}`;
  return `0x0000${"08"}${node(0)}${node(1)}`;
}

/** The peer's specification and database for a network file of ours. */
export function peerChain(network) {
  const bare = (text) => text.replace(/^0x/, "");
  const { checkpoint } = network;
  const specification = {
    name: network.name,
    id: network.id,
    chainType: "Live",
    bootNodes: network.bootNodes,
    properties: { tokenDecimals: network.tokenDecimals, tokenSymbol: network.tokenSymbol },
    genesis: { stateRootHash: network.genesisStateRoot },
    lightSyncState: {
      babeEpochChanges: standInEpochs(),
      babeFinalizedBlockWeight: 1,
      finalizedBlockHeader: standInHeader(),
      grandpaAuthoritySet: `0x${ONE_AUTHORITY}${u64(0)}00000000`,
    },
  };
  const database = {
    genesisHash: bare(network.genesisHash),
    chain: {
      version: "1",
      finalized_block_header: bare(checkpoint.header),
      aura_slot_duration: checkpoint.auraSlotDurationMs,
      aura_finalized_authorities: checkpoint.auraAuthorities.map((key) => ({ public_key: bare(key) })),
      grandpa_after_finalized_block_authorities_set_id: checkpoint.setId,
      grandpa_finalized_triggered_authorities: checkpoint.grandpaAuthorities.map(([key, weight]) => ({
        public_key: bare(key),
        weight,
      })),
    },
    nodes: {},
  };
  return { specification: JSON.stringify(specification), database: JSON.stringify(database) };
}
