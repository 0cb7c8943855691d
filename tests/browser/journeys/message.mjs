// An owner writes to those who read an endpoint: sees before who will be told, and is told when it is too often.
import assert from "node:assert/strict";

export const says = "an owner writes to the subscribers of an endpoint";
const SUBJECT = "No events on Sunday morning";
const TEXT = "From 8:00 to 9:00 UTC the shop is not open.\nNothing is lost.";
const AN_HOUR = 10;

export default async function message(world) {
  const omar = await world.person("Omar");
  const { page } = omar;
  await page.getByRole("link", { name: "Subscribers", exact: true }).click();
  await page.getByRole("button", { name: "Message …" }).click();
  const dialog = page.getByRole("dialog", { name: "Write to subscribers" });
  await dialog.getByRole("combobox", { name: "Of which endpoint" }).click();
  await page.getByRole("option", { name: "Orders", exact: true }).click();
  // The demo sends no mail, and says so before anybody writes for nothing.
  await dialog.getByText(/Nobody would hear of it|are told,? by/).first().waitFor();
  await dialog.getByRole("radio", { name: "Those of a plan" }).check();
  await dialog.getByText("Choose at least one").waitFor();
  await dialog.getByRole("combobox", { name: "Plans" }).click();
  await page.getByRole("option", { name: "orders-analytics" }).click();
  await page.keyboard.press("Escape");
  await dialog.getByLabel("Subject").fill(SUBJECT);
  await dialog.getByLabel("Text", { exact: true }).fill(TEXT);
  await omar.accessible("a message");
  await omar.shot("journeys/message/1-write");
  await dialog.getByRole("button", { name: "Send" }).click();
  await page.getByText(/^The message goes to the teams of/).waitFor();
  const asAda = await world.rest("ada");
  const [told] = (await asAda("GET", "/audit?kind=Endpoint&name=orders&limit=1")).records;
  assert.ok(JSON.stringify(told).includes(SUBJECT), "the audit keeps it");

  // What is written outlasts a dialog that is closed, and is not sent too often.
  const asOmar = await world.rest("omar");
  for (let sent = 1; sent < AN_HOUR; sent += 1) await asOmar("POST", "/endpoints/orders/messages", { subject: `${sent}`, text: "Again." });
  omar.allow(/Failed to load resource.*429/);
  await page.getByRole("button", { name: "Message …" }).click();
  await dialog.getByRole("combobox", { name: "Of which endpoint" }).click();
  await page.getByRole("option", { name: "Orders", exact: true }).click();
  await dialog.getByLabel("Subject").fill(SUBJECT);
  await dialog.getByLabel("Text", { exact: true }).fill(TEXT);
  await dialog.getByRole("button", { name: "Send" }).click();
  await dialog.getByText("Ten messages an hour, and no more").waitFor();
  await omar.accessible("a message that is one too many");
  await omar.shot("journeys/message/2-too-often");
  assert.equal(await dialog.getByLabel("Text", { exact: true }).inputValue(), TEXT, "what was written stays");
  await omar.leave();
}
