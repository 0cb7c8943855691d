// Nothing that was typed is lost: going back, a reload, another tab, no network, or a session that ends
// in the middle of a form.
import assert from "node:assert/strict";
import { retype } from "../journeys/publish.mjs";

export const says = "nothing that was typed is lost";
const WHY = "Routes of bicycles, for the couriers of the inner city.";
/** Between the letters of somebody who types slowly. */
const TYPING_MS = 100;
const LINE = "description: Every order of the web shop, said anew.";

export default async function typed(world) {
  const ways = await (await fetch(world.url("/api/v1/session/ways"))).json();
  const password = (user) => ways.demo.find((one) => one.user === user).password;
  await subscribing(world, password("dana"));
  await editing(world, password("omar"));
  await rules(world, password("omar"));
  await deepLink(world, password("dana"));
}

async function subscribing(world, password) {
  const dana = await world.person("Dana");
  const { page, context } = dana;
  dana.allow(/Failed to load resource/, /ERR_INTERNET_DISCONNECTED/);
  await dana.go("endpoints");
  await dana.go("endpoints/orders/subscribe?plan=orders-partner");
  const why = page.getByLabel("What is it for?");
  await page.getByRole("radio", { name: "A new application" }).check();
  await page.getByLabel("Name", { exact: true }).fill("bicycle-routes");
  await why.fill(WHY);
  await page.getByRole("checkbox", { name: /I have read the terms/ }).check();
  const holds = async (after) => {
    await page.getByRole("button", { name: "Request access" }).waitFor();
    await dana.settled();
    assert.equal(await why.inputValue(), WHY, after);
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "bicycle-routes", after);
    assert.ok(await page.getByRole("checkbox", { name: /I have read the terms/ }).isChecked(), after);
  };
  await page.reload();
  await holds("a reload");
  await page.goBack();
  await page.goForward();
  await holds("back and forth");
  // Another tab has a form of its own.
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByLabel("What is it for?").fill("Something else.");
  await other.close();
  await page.reload();
  await holds("another tab");

  await context.setOffline(true);
  await page.getByRole("button", { name: "Request access" }).click();
  await page.getByText(/The gateway cannot be reached/).first().waitFor();
  await dana.shot("journeys/typed/1-offline");
  await holds("no network");
  await context.setOffline(false);

  await context.clearCookies();
  await page.getByRole("button", { name: "Request access" }).click();
  await signInAgain(dana, password, "journeys/typed/2-session-ended");
  await holds("the session's end");
  await page.getByRole("button", { name: "Request access" }).click();
  await page.getByRole("heading", { name: "Your request waits for approval" }).waitFor();
  const [sent] = (await (await world.rest("omar"))("GET", "/subscriptions?filter=application=bicycle-routes")).items;
  assert.equal(sent.spec.justification, WHY);
  await dana.leave();
}

async function editing(world, password) {
  const omar = await world.person("Omar");
  const { page, context } = omar;
  omar.allow(/Failed to load resource/, /ERR_INTERNET_DISCONNECTED/);
  await omar.go("endpoints/orders");
  await omar.go("edit/endpoints/orders");
  const editor = page.getByRole("textbox", { name: "Endpoint as YAML" });
  const ready = page.getByText("Valid: one change");
  await retype(page, editor, /^\s*description: Every order/, LINE);
  await ready.waitFor();
  const holds = async (after) => {
    await editor.getByText("said anew").first().waitFor();
    await omar.settled();
    assert.ok((await editor.innerText()).includes(LINE), after);
  };
  await page.reload();
  await holds("a reload");
  await ready.waitFor();
  await page.goBack();
  await page.goForward();
  await holds("back and forth");

  await context.setOffline(true);
  await retype(page, editor, /^\s*description: Every order/, `${LINE} Offline.`);
  await page.getByText(/The gateway cannot be reached/).first().waitFor();
  await omar.shot("journeys/typed/3-editor-offline");
  await context.setOffline(false);
  // It is asked again by itself once there is a network.
  await ready.waitFor();
  await holds("no network");

  await context.clearCookies();
  await retype(page, editor, /^\s*description: Every order/, `${LINE} Then signed in.`);
  await signInAgain(omar, password, "journeys/typed/4-editor-session-ended");
  await ready.waitFor();
  await holds("the session's end");

  // Somebody else's change in between is told; the text stays.
  const ada = await world.rest("ada");
  const now = await ada("GET", "/endpoints/orders");
  await ada("PUT", "/endpoints/orders", { ...now, spec: { ...now.spec, tags: [...now.spec.tags, "shop"] } });
  await page.getByText("Somebody changed it while you were writing").waitFor();
  await omar.shot("journeys/typed/5-changed-meanwhile");
  await holds("somebody else's change");
  await page.getByRole("button", { name: "Start over" }).click();
  await omar.leave();
}

async function rules(world, password) {
  const omar = await world.person("Omar");
  const { page, context } = omar;
  omar.allow(/Failed to load resource/, /ERR_INTERNET_DISCONNECTED/);
  await omar.go("policies");
  await omar.go("policies/mask-for-support");
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByRole("menuitem", { name: /^Mask/ }).click();
  const path = page.getByRole("combobox", { name: "Path of rule 3" });
  await path.fill("$.customer.email");
  await page.keyboard.press("Escape");
  const holds = async (after, text = "$.customer.email") => {
    await path.waitFor();
    await omar.settled();
    assert.equal(await path.inputValue(), text, after);
  };
  await page.reload();
  await holds("a reload");
  await page.goBack();
  await page.goForward();
  await holds("back and forth");
  // The end of the session is told when something is asked for: here, because of somebody else, in the middle of
  // a word. What is typed goes on to where it was begun.
  const ada = await world.rest("ada");
  const other = await ada("GET", "/policies/mask-payments");
  await path.click();
  await page.keyboard.press("ControlOrMeta+a");
  await context.clearCookies();
  const refused = page.waitForResponse((answer) => answer.status() === 401);
  for (const [at, letter] of [..."$.customer.phone"].entries()) {
    await page.keyboard.insertText(letter);
    if (at === 4) {
      await ada("PUT", "/policies/mask-payments", { ...other, spec: { ...other.spec, description: "Said anew." } });
      await refused;
    }
    await page.waitForTimeout(TYPING_MS);
  }
  await signInAgain(omar, password, "journeys/typed/6-rules-session-ended");
  await holds("the session's end", "$.customer.phone");
  await page.getByRole("button", { name: "Save as draft" }).click();
  await page.getByText("The draft is saved.").waitFor();
  const saved = await (await world.rest("omar"))("GET", "/policies/mask-for-support");
  assert.equal(saved.spec.draft.length, 3);
  await (await world.rest("omar"))("POST", "/policies/mask-for-support/discard");
  await omar.leave();
}

/** Somebody who is not signed in comes to where a link leads, with all that its address says. */
async function deepLink(world, password) {
  const dana = await world.person("Dana", { enter: false });
  const { page } = dana;
  await page.goto(world.url("endpoints?q=order&layout=table"));
  await page.getByLabel("User name").fill("dana");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Catalogue" }).waitFor();
  assert.equal(await page.getByRole("searchbox").inputValue(), "order");
  await page.getByRole("table").waitFor();
  await dana.leave();
}

async function signInAgain(one, password, picture) {
  const dialog = one.page.getByRole("dialog").filter({ hasText: "Your session has ended" });
  await dialog.waitFor();
  await one.accessible("a session that has ended");
  await one.shot(picture);
  await dialog.getByLabel("Password", { exact: true }).fill(password);
  await dialog.getByRole("button", { name: "Sign in and continue" }).click();
  await dialog.waitFor({ state: "detached" });
}
