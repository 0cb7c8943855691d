// A rule is tried, published, and holds in a tail that somebody else has open: with the next event,
// without a reload.
import assert from "node:assert/strict";
import { LIMIT } from "../steps/world.mjs";

export const says = "a masking rule holds in a tail that is open";
const PLAIN = /"orderId":"ord-\d+"/;
const MASKED = /"orderId":"ord-\*+"/;
const HELD_MAX_MS = 10_000;

export default async function masking(world) {
  const [dana, omar] = [await world.person("Dana"), await world.person("Omar")];
  await dana.go("endpoints/orders/live?subscription=storefront-analytics-orders");
  const rows = dana.page.getByRole("listbox", { name: /Events/ }).getByRole("option");
  await rows.first().waitFor();
  assert.match(await rows.first().innerText(), PLAIN);
  const loads = [];
  dana.page.on("load", () => loads.push("load"));
  await dana.shot("journeys/masking/1-tail-before");

  const { page } = omar;
  // The rule is checked while it is not whole yet.
  omar.allow(/Failed to load resource.*422/);
  await page.getByRole("link", { name: "Policies", exact: true }).click();
  await page.getByRole("link", { name: "mask-for-analytics" }).click();
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByRole("menuitem", { name: /^Mask/ }).click();
  const path = page.getByRole("combobox", { name: "Path of rule 10" });
  await path.click();
  await page.getByRole("option", { name: "$.customer.email" }).waitFor();
  await omar.accessible("a long list of a field");
  await path.fill("$.orderId");
  await page.keyboard.press("Escape");
  await page.getByRole("listitem", { name: "Rule 10: Mask" }).getByLabel("Keep the first").fill("4");
  await page.getByText("Not published yet: nobody gets this").waitFor();
  await omar.shot("journeys/masking/2-rule");
  // What it would do, on an event that is pasted.
  await page.getByText("Pasted", { exact: true }).click();
  await page.getByLabel("Events as JSON").fill('{"orderId": "ord-481207", "customer": {"id": "cus-1"}}');
  const tried = page.getByRole("region", { name: "Before and after", exact: true });
  await tried.getByText("Rule 10: Mask").waitFor();
  await tried.filter({ hasText: /"orderId": "ord-\*{6}"/ }).waitFor();
  await omar.accessible("a rule before and after");
  await tried.scrollIntoViewIfNeeded();
  await omar.shot("journeys/masking/3-before-and-after");
  await page.getByRole("button", { name: "Publish …" }).click();
  const dialog = page.getByRole("dialog", { name: "Publish mask-for-analytics" });
  await dialog.getByRole("button", { name: "Publish" }).waitFor();
  const meant = dialog.getByRole("checkbox", { name: "Make the change all the same" });
  await dialog.getByText(/Nobody’s schema breaks|Subscribers notice|would be hurt/).first().waitFor();
  if (await meant.isVisible()) await meant.check();
  await omar.accessible("what publishing a policy means");
  await omar.shot("journeys/masking/4-publish");
  const published = Date.now();
  await dialog.getByRole("button", { name: "Publish" }).click();
  await page.getByText("mask-for-analytics is published.").waitFor();
  await omar.shot("journeys/masking/5-published");

  await rows.filter({ hasText: MASKED }).first().waitFor({ timeout: LIMIT });
  assert.ok(Date.now() - published <= HELD_MAX_MS, `${Date.now() - published} ms`);
  await dana.page.waitForTimeout(2_000);
  const newest = (await rows.allInnerTexts()).slice(0, 2);
  for (const text of newest) assert.match(text, MASKED, "every event from then on");
  assert.deepEqual(loads, [], "without a reload");
  await dana.shot("journeys/masking/6-tail-after");
  await Promise.all([dana.leave(), omar.leave()]);
}
