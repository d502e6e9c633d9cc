// Starts Chromium (through CDP) or Firefox (through WebDriver BiDi), and watches what a page does wrong.

import path from "node:path";

import puppeteer from "puppeteer-core";

import { peerPorts } from "./devnet.mjs";
import { environment } from "./environment.mjs";

const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-webgpu",
  "--disable-dev-shm-usage",
];

const FIREFOX_PREFERENCES = {
  "dom.webgpu.enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
  // Nothing of the browser's own goes to the network during a test.
  "app.update.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

/** Starts the browser of this run. */
export async function launch(options = {}) {
  if (environment.browser === "firefox") {
    return puppeteer.launch({
      browser: "firefox",
      executablePath: process.env.LANTERN_FIREFOX ?? "/usr/bin/firefox-esr",
      headless: true,
      extraPrefsFirefox: FIREFOX_PREFERENCES,
      protocolTimeout: 120_000,
      ...options,
    });
  }
  return puppeteer.launch({
    browser: "chrome",
    executablePath: process.env.LANTERN_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: CHROMIUM_FLAGS,
    protocolTimeout: 120_000,
    ...options,
  });
}

/** Runs before the page's own scripts: notes what the policy blocks and long tasks, and knows the workers. */
function watchFromInside() {
  const workers = [];
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      workers.push(this);
    }
  };
  // A worker that dies tells its page so by this event, and is silent from then on.
  globalThis.lanternKillWorkers = () => {
    for (const worker of workers.splice(0)) {
      worker.terminate();
      worker.dispatchEvent(new ErrorEvent("error", { message: "killed by a test" }));
    }
  };
  globalThis.lanternViolations = [];
  globalThis.lanternLongTasks = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    globalThis.lanternViolations.push(`${event.effectiveDirective} blocked ${event.blockedURI || event.sample}`);
  });
  try {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        globalThis.lanternLongTasks.push({ start: entry.startTime, duration: entry.duration });
      }
    }).observe({ type: "longtask", buffered: true });
  } catch {
    // Firefox has no long task timing; those that need it run in Chromium.
  }
}

/** Whether a request goes to a peer of the chain: Firefox reports the light client's WebSockets too. */
function isToPeer(url) {
  return url.hostname === "127.0.0.1" && peerPorts.has(Number(url.port));
}

/** A tab that keeps a list of everything that went wrong in it. */
export class Tab {
  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
    this.problems = [];
    this.console = [];
  }

  /** Opens a tab. `origin` is where every request has to go; `size` is the window's. */
  static async open(browser, origin, size = { width: 1280, height: 800 }) {
    const page = await browser.newPage();
    await page.setViewport(size);
    const tab = new Tab(page, origin);
    page.on("pageerror", (error) => tab.problems.push(`page error: ${error.message ?? error}`));
    page.on("error", (error) => tab.problems.push(`crash: ${error.message}`));
    page.on("console", (message) => {
      tab.console.push(`${message.type()}: ${message.text()}`);
      if (message.type() === "error") tab.problems.push(`console error: ${message.text()}`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      const isInside = ["data:", "blob:", "about:"].includes(url.protocol) || url.origin === tab.origin;
      if (!isInside && !isToPeer(url)) tab.problems.push(`request to another origin: ${request.url()}`);
    });
    page.on("requestfailed", (request) => {
      tab.console.push(`request failed: ${request.url()} ${request.failure()?.errorText}`);
    });
    await page.evaluateOnNewDocument(watchFromInside);
    return tab;
  }

  /** Goes to a path of the page. */
  async goto(route = "/") {
    return this.page.goto(`${this.origin}${route}`, { waitUntil: "domcontentloaded" });
  }

  /** Waits until `condition`, run in the page, gives something true, and returns that. */
  async until(condition, { timeout = 30_000, what = String(condition) } = {}, ...values) {
    try {
      const handle = await this.page.waitForFunction(condition, { timeout, polling: 50 }, ...values);
      return await handle.jsonValue();
    } catch (error) {
      const text = await this.text().catch(() => "");
      const message = `waited ${timeout} ms for: ${what}\nthe page says:\n${text.slice(0, 3000)}`;
      throw new Error(`${message}\nconsole:\n${this.console.slice(-20).join("\n")}`, { cause: error });
    }
  }

  /** Waits for a text anywhere on the page. */
  async untilText(pattern, options = {}) {
    const { source, flags } = new RegExp(pattern);
    return this.until(
      (source, flags) => new RegExp(source, flags).exec(document.body?.innerText ?? "")?.[0],
      { what: `the text ${pattern}`, ...options },
      source,
      flags,
    );
  }

  /** Finds the element with this role and accessible name, waiting for it. */
  async role(role, name, { timeout = 30_000 } = {}) {
    return this.page.waitForSelector(`::-p-aria([name="${name}"][role="${role}"])`, { timeout });
  }

  /** The visible text of the page. */
  async text() {
    return this.page.evaluate(() => document.body.innerText);
  }

  /** Saves a picture of the page. */
  async screenshot(name) {
    const file = path.join(environment.artifacts, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Fails when anything went wrong so far, apart from what `allowed` matches. */
  async check(allowed = []) {
    const violations = await this.page.evaluate(() => globalThis.lanternViolations ?? []);
    const problems = [...this.problems, ...violations.map((violation) => `content security policy: ${violation}`)];
    const left = problems.filter((problem) => !allowed.some((pattern) => pattern.test(problem)));
    if (left.length > 0) throw new Error(`the page did something wrong:\n${left.join("\n")}`);
  }

  /** Closes the tab. */
  async close() {
    await this.page.close();
  }
}
