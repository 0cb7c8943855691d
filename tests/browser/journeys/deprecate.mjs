// An endpoint goes away: its owner is led through what that takes, its page, the catalogue and the home page of
// its readers say until when and what to use instead, and the owner sees who has moved.
import assert from "node:assert/strict";
import { document } from "../steps/rest.mjs";

export const says = "a deprecated endpoint says so wherever it is met, and who has moved";
const SUNSET = `${new Date().getUTCFullYear() + 1}-03-31`;
const NEXT = "sensor-readings-v2";

export default async function deprecate(world) {
  const [asOmar, asDana] = [await world.rest("omar"), await world.rest("dana")];
  const old = await asOmar("GET", "/endpoints/sensor-readings");
  // What comes instead tells one thing less.
  const schema = structuredClone(old.spec.schema);
  delete schema.definition.properties.doorOpen;
  await asOmar("POST", "/apply", [
    document("Endpoint", NEXT, {
      ...old.spec, schema, address: "sensor-readings.v2", version: "2.0.0", title: "Cold store readings, by minute",
    }),
    document("Plan", "sensors-v2", { endpoint: NEXT }),
  ]);
  const before = await asOmar("GET", "/subscriptions?filter=endpoint=sensor-readings,state=active");
  const omar = await world.person("Omar");
  const { page } = omar;
  await omar.go("endpoints/sensor-readings");
  await page.getByRole("button", { name: "Lifecycle" }).click();
  await page.getByRole("menuitem", { name: "Deprecate …" }).waitFor();
  await omar.shot("journeys/deprecate/1-lifecycle");
  await page.getByRole("menuitem", { name: "Deprecate …" }).click();
  await page.getByRole("heading", { level: 1, name: "Deprecate Cold store readings" }).waitFor();
  // The newer version is proposed; what breaks for whom is told, and who reads.
  await page.getByText(`${NEXT} is a newer version of it.`).waitFor();
  const broken = page.getByRole("alert").filter({ hasText: "would be hurt" });
  await broken.getByText(/doorOpen.*is not described any more/).waitFor();
  await broken.getByText(/storefront-analytics/).waitFor();
  await page.getByRole("table", { name: "Readers" }).getByText("storefront-analytics").waitFor();
  await page.getByText("That is in 90 days.").waitFor();
  await page.getByLabel("Goes away after").fill(inDays(9));
  await page.getByText(/days are little for those who have to change programs/).waitFor();
  await page.getByLabel("Goes away after").fill(SUNSET);
  await page.reload();
  await page.getByLabel("Goes away after").waitFor();
  assert.equal(await page.getByLabel("Goes away after").inputValue(), SUNSET, "what was chosen outlasts a reload");
  await page.getByText(`It goes on until ${SUNSET}.`).waitFor();
  await page.getByText("One team is told: data.").waitFor();
  await omar.settled();
  await omar.accessible("what deprecating means");
  await omar.shot("journeys/deprecate/2-deprecate");
  await page.getByRole("button", { name: "Deprecate", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Cold store readings goes away" }).waitFor();
  await page.getByText(`0 of ${before.total}`, { exact: true }).waitFor();
  await omar.settled();
  await omar.accessible("who has moved");
  await omar.shot("journeys/deprecate/3-who-has-moved");

  const dana = await world.person("Dana");
  const until = new RegExp(`switched off after March 31, ${SUNSET.slice(0, 4)}.*Use instead: *Cold store readings, by minute`, "s");
  const says = (where) => where.filter({ hasText: until }).first().waitFor();
  await says(dana.page.getByRole("article").or(dana.page.locator(".mantine-Card-root")));
  await dana.accessible("home with what goes away");
  await dana.shot("journeys/deprecate/4-home");
  await dana.go("endpoints");
  const card = dana.page.getByRole("article").filter({ has: dana.page.getByRole("link", { name: "Cold store readings", exact: true }) });
  await card.getByText("Deprecated", { exact: true }).waitFor();
  await dana.shot("journeys/deprecate/5-catalogue");
  await dana.page.getByRole("link", { name: "Cold store readings", exact: true }).click();
  await says(dana.page.getByRole("alert"));
  await dana.page.getByRole("alert").getByRole("link", { name: /by minute/ }).click();
  await dana.page.getByRole("heading", { level: 1, name: /by minute/ }).waitFor();
  await dana.go("applications/storefront-analytics");
  await says(dana.page.getByRole("article"));
  await dana.shot("journeys/deprecate/6-application");

  // Its reader moves: the owner's page says so by itself.
  const rows = page.getByRole("table", { name: "Readers" });
  const mine = before.items.find(({ spec }) => spec.application === "storefront-analytics").metadata.name;
  await asDana("POST", "/apply", [
    document("Subscription", "storefront-analytics-v2", { application: "storefront-analytics", endpoint: NEXT, plan: "sensors-v2" }),
  ]);
  await rows.getByText("Reads both").waitFor();
  await asDana("POST", `/subscriptions/${mine}/revoke`, { reason: "We have moved." });
  await page.getByText(`1 of ${before.total}`, { exact: true }).waitFor();
  await rows.getByText("Has moved").waitFor();
  await omar.shot("journeys/deprecate/7-has-moved");
  await Promise.all([omar.leave(), dana.leave()]);
}

function inDays(days) {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}
