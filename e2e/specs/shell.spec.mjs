// The page as it is served: headers, policy, first paint, nothing from elsewhere.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { Tab, launch } from "../lib/browser.mjs";
import { environment } from "../lib/environment.mjs";
import { Site } from "../lib/site.mjs";

let site;
let browser;
let folder;

before(async () => {
  // A network without a peer to dial, so that the page has nobody to talk to.
  folder = await mkdtemp(path.join(tmpdir(), "lantern-shell-"));
  const network = JSON.parse(await readFile(path.join(environment.dist, "networks/finney.json"), "utf8"));
  const file = path.join(folder, "local.json");
  await writeFile(file, JSON.stringify({ ...network, bootNodes: [] }));
  site = await Site.start(file);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("every answer carries the security headers", async () => {
  for (const path of ["/", "/workers/light-client.js", "/manifest.json", "/absent.js", "/subnet/1"]) {
    const { headers } = await fetch(site.url + path);
    const policy = headers.get("content-security-policy");
    assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/, path);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*/, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer", path);
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin", path);
    assert.equal(headers.get("cross-origin-embedder-policy"), "require-corp", path);
  }
});

test("the manifest's hashes are those of the files", async () => {
  const manifest = await (await fetch(`${site.url}/manifest.json`)).json();
  const paths = Object.keys(manifest.files);
  assert.ok(paths.includes("index.html") && paths.some((path) => path.endsWith("_bg.wasm")));
  const digest = createHash("sha256");
  for (const path of paths.sort()) {
    const bytes = Buffer.from(await (await fetch(`${site.url}/${path}`)).arrayBuffer());
    const hash = createHash("sha256").update(bytes).digest("hex");
    assert.equal(hash, manifest.files[path].sha256, path);
    assert.equal(bytes.length, manifest.files[path].bytes, path);
    digest.update(`${hash}  ${path}\n`);
  }
  assert.equal(digest.digest("hex"), manifest.digest);
});

test("the page paints, is isolated, and breaks none of its own rules", async () => {
  const tab = await Tab.open(browser, site.url);
  await tab.goto("/");
  await tab.until(() => document.querySelector("main h1")?.textContent, { what: "a heading in main" });
  assert.equal(await tab.page.evaluate(() => globalThis.crossOriginIsolated), true);
  const painted = await tab.until(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    { what: "first contentful paint" },
  );
  assert.ok(painted > 0);
  await tab.screenshot("shell");
  await tab.check();
  await tab.close();
});

test("the network menu opens under its button, and a network without a file says so", async () => {
  for (const size of [{ width: 1280, height: 800 }, { width: 360, height: 780 }]) {
    const tab = await Tab.open(browser, site.url, size);
    await tab.goto("/");
    const button = await tab.page.waitForSelector("#network-button");
    await button.click();
    await tab.until(() => document.querySelector("#network-menu").matches(":popover-open"), { what: "an open menu" });
    const [above, menu] = await tab.page.evaluate(() =>
      ["#network-button", "#network-menu"].map((name) => {
        const { left, top, right, bottom } = document.querySelector(name).getBoundingClientRect();
        return { left, top, right, bottom };
      }),
    );
    const places = JSON.stringify({ above, menu, size });
    assert.ok(menu.top >= above.bottom && menu.top < above.bottom + 24, places);
    assert.ok(menu.left < above.left && menu.right > above.left && menu.right <= size.width, places);
    assert.ok(menu.left >= 0 && menu.bottom <= size.height, places);

    await (await tab.page.waitForSelector('::-p-xpath(//*[@id="network-menu"]//button[contains(., "Testnet")])')).click();
    await tab.untilText(/The file of this network could not be loaded/);
    await tab.check([/404/]);
    await tab.close();
  }
});

test("an inline script and a foreign request are refused and noticed", async () => {
  const tab = await Tab.open(browser, site.url);
  await tab.goto("/");
  await tab.page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "globalThis.smuggled = true";
    document.head.append(script);
  });
  await tab.until(() => globalThis.lanternViolations.length > 0, { what: "a violation" });
  assert.equal(await tab.page.evaluate(() => globalThis.smuggled), undefined);
  await assert.rejects(tab.check(), /content security policy/);
  await tab.close();
});
