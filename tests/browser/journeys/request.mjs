// A request, its approval by somebody else, and access: the page of whoever asked changes by itself.
import assert from "node:assert/strict";

export const says = "a request becomes access";
const SHOWN_MAX_MS = 5_000;

export default async function request(world) {
  const [dana, omar] = [await world.person("Dana"), await world.person("Omar")];
  const { page } = dana;
  await dana.go("endpoints/orders/subscribe");
  await page.getByRole("radio", { name: /orders-partner/ }).check();
  await page.getByRole("radio", { name: "A new application" }).check();
  await page.getByLabel("Name", { exact: true }).fill("van-routes");
  await page.getByLabel("What is it for?").fill("We plan the routes of vans.");
  await page.getByRole("checkbox", { name: /I have read the terms/ }).check();
  await dana.shot("journeys/request/1-asks");
  await page.getByRole("button", { name: "Request access" }).click();
  await page.getByRole("heading", { name: "Your request waits for approval" }).waitFor();
  await dana.shot("journeys/request/2-waits");
  await omar.page.getByRole("link", { name: "Approvals", exact: true }).click();
  await omar.page.getByText("van-routes").first().waitFor();
  await omar.shot("journeys/request/3-inbox");
  await omar.page.getByRole("button", { name: /Review van-routes/ }).click();
  await omar.page.getByText("We plan the routes of vans.").last().waitFor();
  await omar.accessible("a request");
  await omar.shot("journeys/request/4-review");
  await omar.page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  const confirm = omar.page.getByRole("dialog").getByRole("button", { name: /Approve/ }).last();
  if (await confirm.isVisible().catch(() => false)) await confirm.click().catch(() => {});
  const begun = Date.now();
  await page.getByRole("heading", { name: "Your request was approved" }).or(page.getByText("van-routes has access")).first().waitFor();
  assert.ok(Date.now() - begun <= SHOWN_MAX_MS, "it is shown within five seconds");
  await dana.shot("journeys/request/5-approved");
  await Promise.all([dana.leave(), omar.leave()]);
}
