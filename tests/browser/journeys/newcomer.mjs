// Somebody who has never been here finds an endpoint by a field, and sees its first event.
import assert from "node:assert/strict";

export const says = "a newcomer sees the first event";
const CLICKS_MAX = 6;
const TIME_MAX_MS = 15_000;

export default async function newcomer(world) {
  const dana = await world.person("Dana");
  const { page } = dana;
  const begun = Date.now();
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
  await dana.shot("journeys/newcomer/1-subscribe");
  await click(page.getByRole("button", { name: "Subscribe", exact: true }));
  await page.getByText(/^slg_risk-board-1_/).waitFor();
  const toKey = Date.now() - begun;
  await dana.accessible("the key");
  await dana.shot("journeys/newcomer/2-key");
  const again = Date.now();
  await click(page.getByRole("link", { name: "See events now" }));
  await page.getByText(/"paymentId":"pay-/).first().waitFor();
  const took = toKey + Date.now() - again;
  assert.ok(clicks <= CLICKS_MAX, `${clicks} clicks`);
  assert.ok(took <= TIME_MAX_MS, `${took} ms`);
  await dana.shot("journeys/newcomer/3-events");
  // The key is in no address, and in nothing that the browser keeps.
  const kept = await page.evaluate(() => {
    // One by one: an item may have the name of a method.
    const items = (of) => Array.from({ length: of.length }, (_, at) => of.getItem(of.key(at)));
    return JSON.stringify([items(localStorage), items(sessionStorage), location.href, document.cookie, history.state]);
  });
  assert.ok(!kept.includes("slg_"), "no key is kept");
  await dana.leave();
}
