// What the journeys and checks share: a Chromium, people who sign in, pictures, and the demo's REST.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { signedInRest } from "./rest.mjs";

/** How long something may take on a busy machine. */
export const LIMIT = 30_000;
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const VIEWPORT = { width: 1280, height: 860 };
const SETTLED_MS = 100;
/** So often in a row nothing is waited for. */
const QUIET_TIMES = 2;
const QUALITY = 72;
/** How many times slower than it is the machine is made out to be. */
const SLOW = Number(process.env.SLOW ?? 1);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** `shots`: a folder for pictures; without one there are none. */
export async function startWorld(base, shots) {
  const flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--js-flags=--expose-gc"];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
  return {
    base,
    browser,
    url: (path) => new URL(path, base).href,
    rest: (user) => signedInRest(base, user),
    person: (who, options) => person(browser, base, shots, who, options),
    close: () => browser.close(),
    /** How all pages are that are open. */
    failed: async () => {
      if (!shots) return;
      await mkdir(shots, { recursive: true });
      const pages = browser.contexts().flatMap((context) => context.pages());
      for (const [at, page] of pages.entries()) await page.screenshot({ path: join(shots, `failed-${at + 1}.png`) }).catch(() => {});
    },
  };
}

/** Somebody at the page where one signs in, who has signed in unless `enter` is false. */
async function person(browser, base, shots, who, { colorScheme = "light", viewport = VIEWPORT, enter = true, ...more } = {}) {
  const context = await browser.newContext({ colorScheme, viewport, reducedMotion: "reduce", ...more });
  context.setDefaultTimeout(LIMIT);
  const page = await context.newPage();
  if (SLOW > 1) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: SLOW });
  const one = new Person(who, colorScheme, context, page, shots, base);
  one.watch(page);
  await page.goto(`${base}sign-in`);
  if (enter) {
    await page.getByRole("button", { name: new RegExp(`^${who}`) }).click();
    await page.getByRole("heading", { level: 1, name: /^Hello/ }).waitFor();
  }
  return one;
}

class Person {
  /** What was wrong in the pages of this person. */
  wrong = [];
  /** What may be wrong there. */
  #allowed = [];
  /** What the pages have asked for that is not answered yet; streams are never. */
  #asked = new Set();

  constructor(who, colorScheme, context, page, shots, base) {
    Object.assign(this, { who, colorScheme, context, page, shots, base });
  }

  watch(page) {
    page.on("pageerror", (error) => this.wrong.push(error.message));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && this.wrong.push(message.text()));
    const answered = (request) => this.#asked.delete(request);
    page.on("request", (request) => {
      const stream = request.resourceType() === "eventsource" || new URL(request.url()).pathname.startsWith("/v1/");
      if (!stream) this.#asked.add(request);
    });
    page.on("requestfinished", answered);
    page.on("requestfailed", answered);
  }

  /** Such messages are no fault: what was refused on purpose is told by the browser too. */
  allow(...messages) {
    this.#allowed.push(...messages);
  }

  async go(path) {
    await this.page.goto(new URL(path, this.base).href);
    await this.settled();
  }

  /** The page shows all that it has, however slow the machine is. */
  async settled(page = this.page) {
    await page.locator("main h1, main [role=alert]").first().waitFor();
    await page.locator(".mantine-Skeleton-root").first().waitFor({ state: "detached" }).catch(() => {});
    await this.quiet(page);
  }

  /** Everything that was asked for is answered, and what was answered is shown. */
  async quiet(page = this.page) {
    const begun = Date.now();
    for (let times = 0; times < QUIET_TIMES; ) {
      assert.ok(Date.now() - begun < LIMIT, `not answered: ${[...this.#asked].map((request) => request.url()).join(" ")}`);
      await page.waitForTimeout(SETTLED_MS);
      // Busy with what was answered, it would ask for more when it is done.
      await page.evaluate(() => new Promise((idle) => requestIdleCallback(idle)));
      times = this.#asked.size === 0 ? times + 1 : 0;
    }
  }

  /** No violation of WCAG 2.2 AA that axe can see. */
  async accessible(what, page = this.page) {
    const session = await this.context.newCDPSession(page);
    await session.send("Page.setBypassCSP", { enabled: true });
    const { violations } = await page.evaluate(`${axe}; axe.run({ runOnly: ${JSON.stringify(RULES)} })`);
    await session.detach();
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
    assert.deepEqual(told, [], `${this.who}, ${this.colorScheme}: ${what}`);
  }

  /** A picture of the page as it is, where pictures are wanted. */
  async shot(name, page = this.page) {
    if (!this.shots) return;
    await page.waitForTimeout(SETTLED_MS);
    const session = await this.context.newCDPSession(page);
    const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
    await session.detach();
    const path = join(this.shots, `${name}.webp`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.from(data, "base64"));
  }

  /** The end: nothing was wrong. */
  async leave() {
    const wrong = this.wrong.filter((message) => !this.#allowed.some((allowed) => allowed.test(message)));
    await this.context.close();
    assert.deepEqual(wrong, [], this.who);
  }
}
