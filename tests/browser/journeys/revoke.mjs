// Access is revoked while somebody looks at the events: the stream ends, and the page says why in words.
import assert from "node:assert/strict";
import { document } from "../steps/rest.mjs";

export const says = "a tail ends when its access is revoked, and says why";
const NAME = "fraud-watch";
const WHY = "The project has ended.";
const TOLD_MAX_MS = 5_000;

export default async function revoke(world) {
  const asDana = await world.rest("dana");
  await asDana("POST", "/apply", [
    document("Application", NAME, { owner: "data" }),
    document("Subscription", `${NAME}-payments`, { application: NAME, endpoint: "payments", plan: "payments-standard" }),
  ]);
  const [dana, omar] = [await world.person("Dana"), await world.person("Omar")];
  await dana.go(`endpoints/payments/live?subscription=${NAME}-payments`);
  const rows = dana.page.getByRole("listbox", { name: /Events/ }).getByRole("option");
  await rows.first().waitFor();
  await dana.shot("journeys/revoke/1-tail");
  // What its stream is refused with is told by the browser too.
  dana.allow(/Failed to load resource/, /net::ERR/);

  const { page } = omar;
  await page.getByRole("link", { name: "Subscribers", exact: true }).click();
  await page.getByLabel("Application", { exact: true }).fill(NAME);
  await page.getByText("One subscription", { exact: true }).waitFor();
  await page.getByRole("button", { name: `What can be done about ${NAME} and payments` }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).waitFor();
  await omar.shot("journeys/revoke/2-menu");
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  const dialog = page.getByRole("dialog", { name: `Revoke the access of ${NAME}` });
  await dialog.getByLabel("Reason").fill(WHY);
  await omar.accessible("revoking a subscription");
  await omar.shot("journeys/revoke/3-reason");
  const asked = [];
  const revoked = Date.now();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  const told = dana.page.getByRole("alert").filter({ hasText: `The access of ${NAME} was revoked` });
  await told.waitFor();
  assert.ok(Date.now() - revoked <= TOLD_MAX_MS, `${Date.now() - revoked} ms`);
  assert.match(await told.innerText(), new RegExp(`By omar.*${WHY}`, "s"));
  assert.ok((await rows.count()) > 0, "what came before is still there");
  await dana.accessible("a tail that has ended");
  await dana.shot("journeys/revoke/4-ended");
  // It is not tried again and again.
  await dana.page.waitForTimeout(500);
  dana.page.on("request", (request) => request.url().includes("/v1/endpoints/") && asked.push(request.url()));
  const count = await dana.page.getByText(/^[\d,]+ events$/).first().innerText();
  await dana.page.waitForTimeout(2_500);
  assert.deepEqual(asked, []);
  assert.equal(await dana.page.getByText(/^[\d,]+ events$/).first().innerText(), count, "no event comes any more");
  await Promise.all([dana.leave(), omar.leave()]);
}
