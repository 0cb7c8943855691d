// From signing in to the first event without a mouse.
import assert from "node:assert/strict";
import { Keys } from "../steps/keys.mjs";

export const says = "the way to the first event goes by keyboard alone";
const NAME = "keyboard-app";

export default async function keyboard(world) {
  const dana = await world.person("Dana", { enter: false });
  const { page } = dana;
  const keys = new Keys(page);
  await page.getByRole("button", { name: /^Dana/ }).waitFor();
  await keys.to("button", /^Dana/);
  await keys.press("Enter");
  await page.getByRole("heading", { level: 1, name: /^Hello/ }).waitFor();
  await keys.inSight("signing in");

  // A page that was just opened, from its top to its end.
  await page.reload();
  await dana.settled();
  await keys.through();

  // The first stop of every page leads past the navigation.
  await page.reload();
  await page.getByRole("heading", { level: 1, name: /^Hello/ }).waitFor();
  await keys.press("Tab");
  assert.ok(await keys.at("link", "Skip to the content"));
  await dana.shot("journeys/keyboard/1-skip");
  await keys.press("Enter");

  // Nobody waits until its field is there.
  await page.keyboard.press("ControlOrMeta+k");
  await keys.type("riskScore");
  assert.equal(await page.getByPlaceholder("Search endpoints, fields and guides").inputValue(), "riskScore");
  await page.getByRole("dialog").getByText("Payments", { exact: true }).waitFor();
  const chosen = page.locator("[data-selected]").filter({ hasText: "Payments" });
  for (let times = 0; times < 5 && (await chosen.count()) === 0; times += 1) {
    await keys.press("ArrowDown");
    // What is found may be there anew, with none of it chosen.
    await page.waitForTimeout(300);
  }
  await chosen.waitFor();
  await dana.shot("journeys/keyboard/2-search");
  await keys.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Payments" }).waitFor();
  await keys.inSight("choosing what was found");

  await keys.to("link", /^Subscribe/);
  await dana.shot("journeys/keyboard/3-endpoint");
  await keys.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Subscribe to Payments" }).waitFor();
  await keys.inSight("a link to another page");
  await keys.to("radio", /storefront-analytics|risk-board|A new application/);
  for (let times = 0; times < 8 && !(await keys.at("radio", "A new application")); times += 1) await keys.press("ArrowDown");
  assert.ok(await keys.at("radio", "A new application"), "arrows choose");
  await keys.to("textbox", "Name");
  await keys.press("ControlOrMeta+a");
  await keys.type(NAME);
  // A dialog by keyboard: what opened it has the focus again when it is closed.
  await keys.to("button", "As code");
  await keys.press("Enter");
  await page.getByRole("dialog").waitFor();
  await keys.press("Tab");
  await keys.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await keys.inSight("closing a dialog");
  assert.ok(await keys.at("button", "As code"), "the focus is where it was");
  await keys.to("button", "Subscribe", "Shift+Tab");
  await dana.shot("journeys/keyboard/4-subscribe");
  await keys.press("Enter");
  await page.getByText(new RegExp(`^slg_${NAME}-1_`)).waitFor();
  await keys.inSight("sending a form");

  await keys.to("link", "See events now");
  await keys.press("Enter");
  await page.getByText(/"paymentId":"pay-/).first().waitFor();
  await keys.inSight("the way to the events");
  await keys.to("listbox", /^Events/);
  await keys.press("ArrowDown");
  await page.getByRole("region", { name: /^Event \d+ of partition/ }).waitFor();
  await dana.shot("journeys/keyboard/5-event");
  await keys.press("Escape");
  await page.getByRole("region", { name: /^Event \d+ of partition/ }).waitFor({ state: "detached" });
  await keys.inSight("closing an event");
  await dana.leave();
  return `${keys.count} keys`;
}
