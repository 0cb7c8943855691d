// The portal in a real Chromium, on `sluicegate demo`: every page for every role, in light and dark
// (accessible, nothing wrong in the console), and the ways that people go. Argument: the portal's URL.
// With SCREENSHOTS=<folder> each step is kept there as a picture.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base] = process.argv.slice(2);
const shots = process.env.SCREENSHOTS;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** How long a page may take on a busy machine, and a newcomer's whole way to the first event. */
const LIMIT = 30_000;
const CLICKS_MAX = 6;
/** Whom one can be, and pages of theirs that the navigation does not lead to. */
const PEOPLE = {
  Dana: [
    "/endpoints?layout=table", "/endpoints?q=nothing-is-called-so", "/endpoints/orders", "/endpoints/orders/schema",
    "/endpoints/orders/live", "/endpoints/orders/connect", "/endpoints/orders/policies", "/endpoints/orders/versions",
    "/endpoints/orders/docs", "/endpoints/orders-legacy", "/endpoints/payments/subscribe",
    "/applications/storefront-analytics", "/profile",
  ],
  Omar: ["/policies/mask-for-support", "/edit/endpoints/orders", "/discover/demo"],
  Sofia: ["/policies/mask-payments"],
  Ada: ["/policies/mask-for-support", "/edit/endpoints/orders"],
};
/** Who sees everything in the dark too: their pages are all there are, but for those of owners. */
const IN_THE_DARK = ["Dana", "Ada"];
/** Pages of others, and what must not be seen there. */
const OTHERS = {
  Dana: [["/audit", "io.sluicegate"], ["/people", "sofia"], ["/health", "replica-1"], ["/policies/mask-payments", "keepLast"]],
  Omar: [["/audit", "io.sluicegate"], ["/people", "sofia"]],
};

const flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
if (shots) await mkdir(shots, { recursive: true });

/** A page of somebody who has signed in, and what went wrong in it. */
async function signedIn(who, colorScheme = "light") {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
  context.setDefaultTimeout(LIMIT);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  await page.goto(`${base}sign-in`);
  await page.getByRole("button", { name: new RegExp(`^${who}`) }).click();
  await page.getByRole("heading", { level: 1, name: /^Hello/ }).waitFor();
  const accessible = async (what) => {
    const session = await context.newCDPSession(page);
    await session.send("Page.setBypassCSP", { enabled: true });
    const run = `${axe}; axe.run({ runOnly: ${JSON.stringify(RULES)} })`;
    const { violations } = await page.evaluate(run);
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
    assert.deepEqual(told, [], `${who}, ${colorScheme}: ${what}`);
  };
  const settled = async () => {
    await page.locator("main h1, main [role=alert]").first().waitFor();
    await page.locator(".mantine-Skeleton-root").first().waitFor({ state: "detached" }).catch(() => {});
    await page.waitForTimeout(150);
  };
  return { context, page, wrong, accessible, settled };
}

async function shot(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

async function everyPageForEveryRole() {
  for (const [who, more] of Object.entries(PEOPLE)) {
    for (const scheme of IN_THE_DARK.includes(who) ? ["light", "dark"] : ["light"]) {
      const { context, page, wrong, accessible, settled } = await signedIn(who, scheme);
      const links = await page.locator("nav a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
      assert.ok(links.length >= 4, `${who}: ${links}`);
      for (const path of [...links, ...more]) {
        await page.goto(new URL(path, base).href);
        await settled();
        assert.equal(await page.locator("main [data-problem]").count(), 0, `${who} may see ${path}`);
        await accessible(path);
        await shot(page, `${who.toLowerCase()}${path.replaceAll(/[/?=]+/g, "-")}-${scheme}`);
      }
      assert.deepEqual(wrong, [], `${who}, ${scheme}`);
      for (const [path, secret] of OTHERS[who] ?? []) {
        await page.goto(new URL(path, base).href);
        await settled();
        await accessible(path);
        const text = await page.locator("main").innerText();
        assert.ok(!text.includes(secret), `${who} sees ${secret} at ${path}`);
      }
      await context.close();
    }
  }
}

/** Somebody who has never been here finds an endpoint by a field, and sees its first event. */
async function fromNewcomerToFirstEvent() {
  const { context, page, wrong, accessible } = await signedIn("Dana");
  let clicks = 1;
  const click = async (target) => {
    clicks += 1;
    await target.click();
  };
  await click(page.getByRole("link", { name: "Catalogue", exact: true }));
  await page.getByRole("searchbox").fill("riskScore");
  await click(page.getByRole("link", { name: "Payments", exact: true }));
  await click(page.getByRole("link", { name: "Subscribe", exact: true }).first());
  await page.getByRole("heading", { level: 1, name: "Subscribe to Payments" }).waitFor();
  // One of hers has a key already: a new one is what a newcomer would have.
  await page.getByRole("radio", { name: "A new application" }).check();
  await page.getByLabel("Name", { exact: true }).fill("risk-board");
  await shot(page, "journey-1-subscribe");
  await click(page.getByRole("button", { name: "Subscribe", exact: true }));
  await page.getByText(/^slg_risk-board-1_/).waitFor();
  await accessible("the key");
  await shot(page, "journey-2-key");
  await click(page.getByRole("link", { name: "See events now" }).or(page.getByRole("button", { name: "See events now" })));
  await page.getByText(/"paymentId":"pay-/).first().waitFor();
  assert.ok(clicks <= CLICKS_MAX, `${clicks} clicks`);
  await shot(page, "journey-3-events");
  // The key is in no address, and in nothing that the browser keeps.
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
  assert.ok(!kept.includes("slg_"), "no key is kept");
  assert.deepEqual(wrong, []);
  await context.close();
}

/** A request, its approval by somebody else, and a key: the page of whoever asked changes by itself. */
async function fromRequestToAccess() {
  const [dana, omar] = [await signedIn("Dana"), await signedIn("Omar")];
  const { page } = dana;
  await page.goto(`${base}endpoints/orders/subscribe`);
  await page.getByRole("radio", { name: /orders-partner/ }).check();
  await page.getByRole("radio", { name: "A new application" }).check();
  await page.getByLabel("Name", { exact: true }).fill("van-routes");
  await page.getByLabel("What is it for?").fill("We plan the routes of vans.");
  await page.getByRole("checkbox", { name: /I have read the terms/ }).check();
  await page.getByRole("button", { name: "Request access" }).click();
  await page.getByRole("heading", { name: "Your request waits for approval" }).waitFor();
  await shot(page, "request-1-waits");
  await omar.page.getByRole("link", { name: "Approvals", exact: true }).click();
  await omar.page.getByText("van-routes").first().waitFor();
  await shot(omar.page, "request-2-inbox");
  await omar.page.getByRole("button", { name: /Review van-routes/ }).click();
  await omar.page.getByText("We plan the routes of vans.").last().waitFor();
  await omar.accessible("a request");
  await shot(omar.page, "request-3-review");
  await omar.page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  const confirm = omar.page.getByRole("dialog").getByRole("button", { name: /Approve/ }).last();
  if (await confirm.isVisible().catch(() => false)) await confirm.click().catch(() => {});
  await page.getByRole("heading", { name: "Your request was approved" }).or(page.getByText("van-routes has access")).first().waitFor();
  await shot(page, "request-4-approved");
  assert.deepEqual([...dana.wrong, ...omar.wrong], []);
  await Promise.all([dana.context.close(), omar.context.close()]);
}

try {
  await fromNewcomerToFirstEvent();
  console.log("a newcomer sees the first event");
  await fromRequestToAccess();
  console.log("a request becomes access");
  await everyPageForEveryRole();
  console.log("passed");
} finally {
  await browser.close();
}
