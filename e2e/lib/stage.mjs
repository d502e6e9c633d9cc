// What almost every spec needs: a chain, the page served for it, and a browser.

import { launch } from "./browser.mjs";
import { Devnet } from "./devnet.mjs";
import { Site } from "./site.mjs";

/** Starts a chain with these options, serves the page for it and starts the browser. */
export async function raise(options = {}) {
  const stage = { devnet: await Devnet.start(options) };
  try {
    stage.site = await Site.start(stage.devnet.networkFile);
    stage.browser = await launch();
  } catch (error) {
    await strike(stage);
    throw error;
  }
  return stage;
}

/** Ends whatever `raise` started. */
export async function strike(stage) {
  await stage?.browser?.close();
  await stage?.site?.stop();
  await stage?.devnet?.stop();
}
