// A walk through the page without a plan: whatever is pressed, in whatever order, the page goes on.

import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

import { Tab } from "../lib/browser.mjs";
import { verified } from "../lib/light-client.mjs";
import { raise, strike } from "../lib/stage.mjs";

// The same walk each time, so that what fails can be looked at; another one by hand.
const SEED = Number(process.env.LANTERN_WALK_SEED ?? 1);
const STEPS = Number(process.env.LANTERN_WALK_STEPS ?? 150);

// Firefox says so when the miner's page is left while its worker still fetches its program.
const ALLOWED = [/^page error: AbortError: The operation was aborted/];

let stage;
let tab;

before(async () => {
  stage = await raise();
  tab = await Tab.open(stage.browser, stage.site.url);
});

after(() => strike(stage));

test("a walk without a plan, from before the first block on, breaks nothing", async () => {
  await tab.goto("/");
  // Links of the frame that stands in for the page until its program has loaded load the document anew.
  await tab.until(() => !document.getElementById("boot"), { what: "the first view" });
  let state = SEED;
  const random = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const walked = [];
  for (let step = 0; step < STEPS; step += 1) {
    walked.push(await tab.page.evaluate(act, random(1 << 30)));
    // Mostly at once, so that the next step meets what the one before has begun; now and then after a block.
    if (random(4) === 0) await delay(random(400));
    try {
      await tab.check(ALLOWED);
    } catch (error) {
      throw new Error(`${error.message}\nthe walk with seed ${SEED}:\n${walked.slice(-12).join("\n")}`, { cause: error });
    }
  }
  await tab.goto("/");
  await verified(tab);
  await tab.check(ALLOWED);
});

/** Does one thing that a user can do, chosen by `number`, and says what. */
function act(number) {
  const isWanted = (element) =>
    element.getClientRects().length > 0 &&
    // Theirs are specs of their own: another network cannot be reached here, and workers take their time.
    !/Finney|Testnet|Load|Start|Benchmark|Download|own network/i.test(element.innerText);
  const kind = number % 8;
  if (kind === 0) {
    history.back();
    return "back";
  }
  if (kind === 1) {
    const key = ["Escape", "/", "?", "g", "s", "n", "p", "m", "t", "ArrowDown", "Enter", "j", "k"][(number >> 3) % 13];
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    return `key ${key}`;
  }
  if (kind === 2) {
    const fields = [...document.querySelectorAll("input:not([type=file])")].filter(isWanted);
    const field = fields[(number >> 3) % fields.length];
    if (!field) return "no field";
    field.value = ["", "1", "0.5", "99999999999", "x", "-1", "1e9", " 3 "][(number >> 8) % 8];
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return `typed ${JSON.stringify(field.value)} into ${field.id || field.name}`;
  }
  const links = [...document.querySelectorAll(kind < 5 ? "header a, nav a" : "main a, button, main tr")].filter(isWanted);
  const target = links[(number >> 3) % links.length];
  if (!target) return "nothing to press";
  target.click();
  return `pressed ${target.innerText.slice(0, 40).replaceAll("\n", " ") || target.getAttribute("aria-label")} on ${location.pathname}`;
}
