// The table of subnets: as the page shows it, and as the chain's own node tells it.

/** Reads every row of the page's table at one moment, with the block that it says it shows. */
export async function shown(tab) {
  return tab.page.evaluate(() => {
    const table = document.querySelector("table.subnets");
    const plain = (element) => element?.textContent.replaceAll(/[\s\u2009\u202f\u00a0]/g, "") ?? "";
    const rows = [...table.querySelectorAll("tbody tr.row")].map((row) => {
      const cells = [...row.querySelectorAll("td[data-column]")].map((cell) => {
        const number = cell.querySelector(".n, .na")?.cloneNode(true);
        number?.querySelector(".u")?.remove();
        return [cell.dataset.column, plain(number)];
      });
      return [row.dataset.netuid, { name: row.querySelector("th a").textContent, ...Object.fromEntries(cells) }];
    });
    return {
      block: Number(table.dataset.block),
      isProven: table.dataset.proven === "true",
      rowCount: Number(table.getAttribute("aria-rowcount")) - 1,
      rows: Object.fromEntries(rows),
    };
  });
}

/** Waits until the table shows proven rows of a block from `block` on, and reads it. */
export async function provenTable(tab, { from = 0, rows = 1, timeout = 60_000 } = {}) {
  await tab.until(
    (from, rows) => {
      const table = document.querySelector("table.subnets");
      const isProven = table?.dataset.proven === "true" && Number(table.dataset.block) >= from;
      return isProven && table.querySelectorAll("tbody tr.row").length >= rows;
    },
    { timeout, what: `a proven table of at least ${rows} rows at block ${from} or later` },
    from,
    rows,
  );
  return shown(tab);
}

/** The same rows as the node's runtime tells them at that block. */
export async function told(api, block) {
  const hash = await api.rpc.chain.getBlockHash(block);
  const at = await api.at(hash);
  const query = at.query.subtensorModule;
  const added = await query.networksAdded.entries();
  const netuids = added.filter(([, isAdded]) => isAdded.isTrue).map(([key]) => key.args[0].toNumber());
  const [tao, alpha, tempo, identities, prices] = await Promise.all([
    query.subnetTAO.multi(netuids),
    query.subnetAlphaIn.multi(netuids),
    query.tempo.multi(netuids),
    query.subnetIdentitiesV3.multi(netuids),
    at.call.swapRuntimeApi.currentAlphaPriceAll(),
  ]);
  const priceOf = new Map(prices.map((entry) => [entry.netuid.toNumber(), entry.price.toBigInt()]));
  const rows = {};
  for (const [index, netuid] of netuids.entries()) {
    const identity = identities[index];
    const name = identity.isSome ? identity.unwrap().subnetName.toUtf8() : "";
    rows[netuid] = {
      ...(name && { name }),
      price: priceOf.has(netuid) ? decimal(priceOf.get(netuid), 5) : undefined,
      tao: decimal(tao[index].toBigInt(), 2),
      alpha: decimal(alpha[index].toBigInt(), 2),
      tempo: tempo[index].toString(),
    };
  }
  return rows;
}

/** An amount in rao as a decimal number with so many places, cut off. */
export function decimal(rao, places) {
  const whole = rao / 1_000_000_000n;
  const rest = (rao % 1_000_000_000n).toString().padStart(9, "0").slice(0, places);
  return places === 0 ? `${whole}` : `${whole}.${rest}`;
}
