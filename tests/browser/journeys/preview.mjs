// Somebody without a subscription looks at live events through a plan that allows it, until it does not any more.
import { document } from "../steps/rest.mjs";

export const says = "a plan that allows it shows its events to whoever has no subscription";

export default async function preview(world) {
  const asOmar = await world.rest("omar");
  const omar = await world.person("Omar");
  await omar.go("endpoints/sensor-readings/live");
  const { page } = omar;
  await page.getByText("What subscribers of sensors-open see", { exact: true }).waitFor();
  await page.getByRole("listbox", { name: /Events/ }).getByRole("option").first().waitFor();
  await omar.accessible("a look at a plan");
  await omar.shot("journeys/preview/1-look");
  // Its stream is refused from then on, which the browser tells too.
  omar.allow(/Failed to load resource/, /net::ERR/);
  await asOmar("POST", "/apply", [document("Plan", "sensors-open", { endpoint: "sensor-readings", preview: false })]);
  await page.getByText("See live events here", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Subscribe", exact: true }).first().waitFor();
  await omar.shot("journeys/preview/2-not-any-more");
  await asOmar("POST", "/apply", [document("Plan", "sensors-open", { endpoint: "sensor-readings", preview: true })]);
  await omar.leave();
}
