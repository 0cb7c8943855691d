// A key is replaced without a gap: both work for a while, then the old one is revoked and refused.
import assert from "node:assert/strict";
import { firstEvent, follow } from "../steps/stream.mjs";

export const says = "a key is replaced with an overlap";
const NAME = "cold-chain";
/** How long an open stream may outlast its key, as seen on a busy machine. */
const ENDED_MAX_MS = 5_000;

export default async function rotate(world) {
  const dana = await world.person("Dana");
  const { page } = dana;
  await dana.go("endpoints/sensor-readings/subscribe");
  await page.getByRole("radio", { name: "A new application" }).check();
  await page.getByLabel("Name", { exact: true }).fill(NAME);
  await page.getByRole("button", { name: "Subscribe", exact: true }).click();
  const first = await page.getByText(new RegExp(`^slg_${NAME}-1_`)).innerText();
  const address = "sensor-readings";
  assert.equal((await firstEvent(world.base, address, first)).status, 200);

  await page.getByRole("link", { name: "To the application" }).click();
  await page.getByRole("tab", { name: "Keys" }).click();
  await page.getByRole("button", { name: `Replace ${NAME}-1` }).waitFor();
  await dana.shot("journeys/rotate/1-one-key");
  await page.getByRole("button", { name: `Replace ${NAME}-1` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(`${NAME}-1 works until`).waitFor();
  await dana.accessible("replacing a key");
  await dana.shot("journeys/rotate/2-replace");
  await dialog.getByRole("button", { name: "Make the new key" }).click();
  const second = await dialog.getByText(new RegExp(`^slg_${NAME}-2_`)).innerText();
  await dana.accessible("the new key");
  await dana.shot("journeys/rotate/3-new-key");
  for (const secret of [first, second]) {
    const { status, event } = await firstEvent(world.base, address, secret);
    assert.equal(status, 200, "both work during the overlap");
    assert.ok(event.value.sensorId, JSON.stringify(event));
  }
  // A program that has not been changed yet.
  const old = await follow(world.base, address, first);
  await dialog.getByRole("button", { name: "I have kept it" }).click();
  await page.getByText("Two keys work, the most there can be.").waitFor();
  // What is asked of whoever replaces a key: look at what still uses the old one.
  const card = page.getByRole("article", { name: `${NAME}-1` });
  await card.getByText("not used yet").waitFor({ state: "detached" });
  await dana.shot("journeys/rotate/4-two-keys");
  await page.getByRole("button", { name: `Revoke ${NAME}-1` }).click();
  await page.getByRole("dialog").getByText("never works again").waitFor();
  await dana.accessible("revoking a key");
  await dana.shot("journeys/rotate/5-revoke");
  await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText(`${NAME}-1 is revoked.`).waitFor();
  const late = new Promise((resume) => setTimeout(resume, ENDED_MAX_MS, "late"));
  assert.notEqual(await Promise.race([old.ended, late]), "late", "an open stream of it ends");
  const refused = await firstEvent(world.base, address, first);
  assert.equal(refused.status, 401, "the old key is refused");
  assert.equal((await firstEvent(world.base, address, second)).status, 200, "the new one works on");
  await page.getByRole("button", { name: "One that no longer works" }).click();
  await page.getByRole("article", { name: `${NAME}-1` }).getByText("Revoked").waitFor();
  await dana.shot("journeys/rotate/6-old-key");
  await dana.leave();
}
