// An endpoint goes away: its page, the catalogue and the home page of its readers say until when, and
// what to use instead.
import { document } from "../steps/rest.mjs";

export const says = "a deprecated endpoint says so wherever it is met";
const SUNSET = `${new Date().getUTCFullYear() + 1}-03-31`;

export default async function deprecate(world) {
  const asOmar = await world.rest("omar");
  const old = await asOmar("GET", "/endpoints/sensor-readings");
  await asOmar("POST", "/apply", [
    document("Endpoint", "sensor-readings-v2", {
      ...old.spec, address: "sensor-readings.v2", version: "2.0.0", title: "Cold store readings, by minute",
    }),
    document("Plan", "sensors-v2", { endpoint: "sensor-readings-v2" }),
  ]);
  const omar = await world.person("Omar");
  const { page } = omar;
  await omar.go("endpoints/sensor-readings");
  await page.getByRole("button", { name: "Lifecycle" }).click();
  await page.getByRole("menuitem", { name: "Deprecate …" }).waitFor();
  await omar.shot("journeys/deprecate/1-lifecycle");
  await page.getByRole("menuitem", { name: "Deprecate …" }).click();
  const dialog = page.getByRole("dialog", { name: "Deprecate Cold store readings" });
  await dialog.getByText("storefront-analytics").waitFor();
  await dialog.getByLabel("Goes away after").fill(SUNSET);
  await dialog.getByRole("combobox", { name: "What to use instead" }).fill("minute");
  await page.getByRole("option", { name: /by minute \(sensor-readings-v2\)/ }).click();
  await omar.accessible("what deprecating means");
  await omar.shot("journeys/deprecate/2-deprecate");
  await dialog.getByRole("button", { name: "Deprecate" }).click();
  await page.getByText("This endpoint goes away").waitFor();
  await omar.settled();
  await omar.shot("journeys/deprecate/3-its-page");

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
  await Promise.all([omar.leave(), dana.leave()]);
}
