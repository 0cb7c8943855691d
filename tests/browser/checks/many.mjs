// Ten thousand endpoints: the catalogue is there at once, scrolls, filters and finds.
import assert from "node:assert/strict";
import { document } from "../steps/rest.mjs";

export const says = "ten thousand endpoints stay smooth";
const COUNT = Number(process.env.ENDPOINTS ?? 10_000);
/** Documents that are applied at once. */
const BATCH = 2_500;
/** All of them, and the demo's own. */
const ALL = /^1\d,\d{3} endpoints$/;
const FIRST_ROWS_MAX_MS = 1_000;
const LOADS = 3;
const ANSWER_MAX_MS = 1_000;
const TASK_MAX_MS = 200;
const THINGS = ["orders", "invoices", "parcels", "readings", "visits", "returns", "prices", "stocks", "claims", "trips"];
const DOMAINS = ["commerce", "logistics"];
const OWNERS = ["shop", "billing", "facilities", "data"];

export default async function many(world) {
  const ada = await world.rest("ada");
  const begun = Date.now();
  for (let from = 0; from < COUNT; from += BATCH) {
    await ada("POST", "/apply", Array.from({ length: Math.min(BATCH, COUNT - from) }, (_, at) => endpoint(from + at)));
  }
  const applied = Date.now() - begun;
  await indexed(ada);

  const dana = await world.person("Dana");
  const { page } = dana;
  await page.addInitScript(() => {
    window.long = [];
    new PerformanceObserver((list) => window.long.push(...list.getEntries().map((one) => Math.round(one.duration)))).observe({ type: "longtask", buffered: true });
  });
  const longest = () => page.evaluate(() => Math.max(0, ...window.long.splice(0)));
  // Once for the browser's own cache of the scripts, as everybody has who has been here before.
  await dana.go("endpoints?layout=table");
  const rows = page.getByRole("table").getByRole("row");
  const loads = [];
  // The best of some: the machine has other work too.
  for (let times = 0; times < LOADS; times += 1) {
    const first = Date.now();
    await page.goto(world.url("endpoints?layout=table"), { waitUntil: "commit" });
    await rows.nth(10).waitFor();
    loads.push(Date.now() - first);
  }
  const firstRows = Math.min(...loads);
  await dana.settled();
  await dana.shot("journeys/many/1-catalogue");
  await longest();
  for (let times = 0; times < 40; times += 1) {
    await page.mouse.move(700, 500);
    await page.mouse.wheel(0, 900);
    await page.waitForTimeout(60);
  }
  const scrolled = await longest();
  assert.ok((await page.evaluate(() => scrollY)) > 10_000, "it goes on as one scrolls");
  await rows.nth(10).waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  const answer = async (act, until) => {
    const asked = Date.now();
    await act();
    await until();
    return Date.now() - asked;
  };
  const found = await answer(
    () => page.getByRole("searchbox").fill("parcels 7312"),
    () => page.getByRole("link", { name: "Parcels 7312", exact: true }).waitFor(),
  );
  await page.getByRole("searchbox").fill("");
  await page.getByText(ALL).waitFor();
  const narrowed = await answer(
    () => page.getByRole("checkbox", { name: "Restricted" }).check(),
    () => page.waitForURL(/classification=restricted/).then(() => page.getByText(/^\d,\d{3} endpoints$/).waitFor()),
  );
  await dana.shot("journeys/many/2-narrowed");
  const narrowing = await longest();
  // From within a field too.
  await page.keyboard.press("ControlOrMeta+k");
  const jumped = await answer(
    () => page.keyboard.type("invoices 41"),
    () => page.getByRole("dialog").getByText(/^Invoices 41/).first().waitFor(),
  );
  await dana.shot("journeys/many/3-search");
  const searched = Math.max(narrowing, await longest());
  await dana.leave();
  const told = `${COUNT} applied in ${applied} ms; first rows ${loads.join(", ")} ms, search ${found} ms, filter ${narrowed} ms, command-K ${jumped} ms; longest task ${scrolled} ms scrolling, ${searched} ms else`;
  console.log(told);
  assert.ok(firstRows <= FIRST_ROWS_MAX_MS, `first rows: ${told}`);
  assert.ok(Math.max(scrolled, searched) <= TASK_MAX_MS, `long tasks: ${told}`);
  assert.ok(Math.max(found, narrowed, jumped) <= ANSWER_MAX_MS, `answers: ${told}`);
}

function endpoint(at) {
  const thing = THINGS[at % THINGS.length];
  const name = `${thing}-${at}`;
  const title = `${thing[0].toUpperCase()}${thing.slice(1)} ${at}`;
  return document("Endpoint", name, {
    cluster: "demo", topic: "orders", address: `many.${name}`, title, description: `What happens with ${thing} in place ${at}.`,
    owner: OWNERS[at % OWNERS.length], domain: DOMAINS[at % DOMAINS.length], tags: [thing],
    classification: ["public", "internal", "confidential", "restricted"][at % 4],
  });
}

/** The index follows the catalog within a moment. */
async function indexed(rest) {
  for (let times = 0; times < 120; times += 1) {
    const { total, complete } = await rest("GET", "/search?limit=1");
    if (complete && total >= COUNT) return;
    await new Promise((resume) => setTimeout(resume, 250));
  }
  assert.fail("the index is not complete");
}
