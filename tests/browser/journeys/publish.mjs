// An owner finds a topic that nobody offers yet, makes an endpoint of it, and publishes that: from then
// on everybody finds it.
import assert from "node:assert/strict";
import { broker, topicWith } from "../steps/kafka.mjs";

export const says = "a discovered topic becomes an endpoint in the catalogue";
/** A long line has several rows. */
const IN_ITS_FIRST_ROW = { x: 60, y: 6 };
const COUNTRIES = ["DE", "FR", "GB", "US"];

export default async function publish(world) {
  const ada = await world.rest("ada");
  const kafka = await broker(ada);
  await topicWith(kafka, "returns", Array.from({ length: 30 }, (_, at) => returned(at)));
  // Whoever owns the cluster may look into its topics.
  const cluster = await ada("GET", "/clusters/demo");
  await ada("PUT", "/clusters/demo", { ...cluster, spec: { ...cluster.spec, owner: "shop" } });

  const omar = await world.person("Omar");
  const { page } = omar;
  await page.getByRole("link", { name: "Discover topics" }).click();
  await page.getByRole("link", { name: "demo", exact: true }).click();
  await page.getByRole("checkbox", { name: "Not offered yet" }).check();
  await page.getByRole("link", { name: "Offer it: returns" }).waitFor();
  await omar.shot("journeys/publish/1-topics");
  await page.getByRole("link", { name: "Offer it: returns" }).click();
  await page.getByLabel("Why you look at them").fill("To publish it");
  await page.getByRole("combobox", { name: "Owning team" }).fill("shop");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Propose a draft" }).click();
  await page.getByRole("heading", { name: "What was found" }).waitFor();
  await page.getByText("an e-mail address").first().waitFor();
  await page.getByText(/^Valid: \d+ changes$/).waitFor();
  await omar.accessible("a proposed draft");
  await omar.shot("journeys/publish/2-draft");

  // What it is called, and what it is, says a person.
  const editor = page.getByRole("textbox", { name: "Draft of the endpoint as YAML" });
  await lineAfter(page, editor, /^\s*topic: returns/, "title: Returns");
  await editor.locator(".cm-line").filter({ hasText: "when it comes." }).click();
  await page.keyboard.press("ControlOrMeta+Shift+k");
  await retype(page, editor, /^\s*description: /, "description: What customers send back.");
  await page.getByText(/^Valid: \d+ changes$/).waitFor();
  await page.getByRole("button", { name: "Apply as draft" }).click();
  await page.getByRole("heading", { level: 1, name: "Returns" }).waitFor();
  await page.getByText("only its owners see it").waitFor();
  await omar.settled();
  await omar.accessible("a draft");
  await omar.shot("journeys/publish/3-is-a-draft");

  // A plan with the policy that was proposed.
  await page.getByRole("link", { name: "Offer a plan" }).click();
  const plan = page.getByRole("textbox", { name: "Plan as YAML" });
  await retype(page, plan, /^\s*policies:/, "policies: [returns-redaction]");
  await page.getByText(/^Valid: one change$/).waitFor();
  await omar.shot("journeys/publish/4-plan");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { level: 1, name: "Plan returns-standard" }).waitFor();

  // The editor of what there is already, and what would change by it.
  await omar.go("edit/endpoints/returns");
  const source = page.getByRole("textbox", { name: "Endpoint as YAML" });
  await retype(page, source, /^\s*description: What customers/, "description: What customers send back, and why.");
  await page.getByText(/^Valid: one change$/).waitFor();
  await omar.shot("journeys/publish/5-editor");
  await page.keyboard.press("ControlOrMeta+s");
  await page.getByRole("heading", { level: 1, name: "Returns" }).waitFor();
  await page.getByRole("button", { name: "Publish …" }).click();
  const dialog = page.getByRole("dialog", { name: "Publish Returns" });
  await dialog.getByText("returns-standard").waitFor();
  await omar.accessible("what publishing means");
  await omar.shot("journeys/publish/6-publish");
  await dialog.getByRole("button", { name: "Publish" }).click();
  await page.getByText("Returns is published.").waitFor();
  await page.getByRole("button", { name: "Lifecycle" }).waitFor();
  await omar.shot("journeys/publish/7-is-published");

  const dana = await world.person("Dana");
  await dana.page.getByRole("link", { name: "Catalogue", exact: true }).click();
  await dana.page.getByRole("searchbox").fill("send back");
  await dana.page.getByRole("link", { name: "Returns", exact: true }).waitFor();
  await dana.shot("journeys/publish/8-in-the-catalogue");
  await dana.page.getByRole("link", { name: "Returns", exact: true }).click();
  await dana.page.getByRole("link", { name: "Subscribe", exact: true }).first().waitFor();
  assert.equal(await dana.page.getByRole("button", { name: "Lifecycle" }).count(), 0, "only its owners move it");
  await Promise.all([omar.leave(), dana.leave()]);
}

function returned(at) {
  const number = String(at).padStart(2, "0");
  return {
    key: `ord-4800${number}`,
    value: {
      returnId: `ret-${1000 + at}`,
      orderId: `ord-4800${number}`,
      receivedAt: `2026-01-${String(1 + (at % 28)).padStart(2, "0")}T10:${number}:00Z`,
      country: COUNTRIES[at % COUNTRIES.length],
      customer: { name: `Ana Silva ${number}`, email: `ana.silva${number}@example.com` },
      pieces: 1 + (at % 3),
    },
  };
}

/** Types a line below another; the editor indents it. */
async function lineAfter(page, editor, line, text) {
  await editor.locator(".cm-line").filter({ hasText: line }).first().click();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(text);
}

/** Writes a line anew, as one does: looks for it, and types over it. */
export async function retype(page, editor, line, text) {
  await editor.locator(".cm-line").filter({ hasText: line }).first().click({ position: IN_ITS_FIRST_ROW });
  await page.keyboard.press("Home");
  // To where it is wrapped, then to its end.
  await page.keyboard.press("Shift+End");
  await page.keyboard.press("Shift+End");
  await page.keyboard.insertText(text);
}
