// A live tail under load: how much comes, what the page's memory is after it was tidied, and how long
// the page was ever busy at a stretch.
import assert from "node:assert/strict";
import { broker } from "./kafka.mjs";
import { document } from "./rest.mjs";

const TICK_MS = 50;
const SAMPLES = 8;
const MIB = 1024 * 1024;

/** `rate`: events a second that are produced. */
export async function underLoad(world, { seconds, rate, say = () => {} }) {
  const ada = await world.rest("ada");
  const kafka = await broker(ada);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: "load", numPartitions: 3, replicationFactor: 1 }] });
  await admin.disconnect();
  await ada("POST", "/apply", [
    document("Endpoint", "load", { cluster: "demo", topic: "load", title: "Load", owner: "data" }),
    document("Plan", "load-all", { endpoint: "load" }),
    document("Subscription", "storefront-analytics-load", { application: "storefront-analytics", endpoint: "load", plan: "load-all" }),
  ]);
  const dana = await world.person("Dana");
  const { page } = dana;
  await page.addInitScript(() => {
    window.long = [];
    new PerformanceObserver((list) => window.long.push(...list.getEntries().map((one) => one.duration))).observe({ type: "longtask" });
  });
  await dana.go("endpoints/load/live");
  await page.getByText("Live", { exact: true }).last().waitFor();
  const session = await dana.context.newCDPSession(page);
  const heap = async () => {
    await session.send("HeapProfiler.collectGarbage");
    return (await session.send("Runtime.getHeapUsage")).usedSize / MIB;
  };
  const received = async () => Number((await page.getByText(/^([\d,]+|One) events?$/).first().innerText()).replace(/\D/g, ""));
  const load = await produce(kafka, rate);
  const begun = Date.now();
  const heaps = [];
  const longs = [];
  let [last, lastAt] = [0, begun];
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    await page.waitForTimeout(Math.max(begun + (sample * seconds * 1000) / SAMPLES - Date.now(), 0));
    // Tidying up is what the measurement does, not the page: what it makes long is not counted.
    longs.push(...(await page.evaluate(() => window.long.splice(0))));
    const count = await received();
    const pace = Math.round(((count - last) * 1000) / (Date.now() - lastAt));
    heaps.push(await heap());
    await page.evaluate(() => void window.long.splice(0));
    [last, lastAt] = [count, Date.now()];
    say(`${Math.round((Date.now() - begun) / 1000)} s: ${count} events, ${pace} a second, heap ${heaps.at(-1).toFixed(1)} MiB, longest task ${Math.round(Math.max(0, ...longs))} ms`);
  }
  const took = (Date.now() - begun) / 1000;
  const sent = await load.stop();
  await dana.shot("journeys/tail/1-under-load");
  const total = await received();
  await dana.leave();
  return { sent, received: total, pace: Math.round(total / took), heaps, longest: Math.round(Math.max(0, ...longs)), rate };
}

/** The bounds of U4: the page takes it all, stays small, and is never busy for long. */
export function hold({ pace, heaps, longest, rate }) {
  const half = heaps.length / 2;
  const mean = (all) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const grown = mean(heaps.slice(half)) - mean(heaps.slice(0, half));
  const told = `${pace} events a second, heap ${heaps[0].toFixed(1)} → ${heaps.at(-1).toFixed(1)} MiB (${grown.toFixed(1)} from half to half), longest task ${longest} ms`;
  assert.ok(pace >= rate * 0.9, `the pace: ${told}`);
  assert.ok(Math.max(...heaps) <= 150, `the memory: ${told}`);
  assert.ok(grown <= 5, `the memory grows: ${told}`);
  assert.ok(longest <= 200, `long tasks: ${told}`);
  return told;
}

/** Produces at a pace until it is stopped; tells how many it were. */
async function produce(kafka, rate) {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const begun = Date.now();
  let [sent, running] = [0, true];
  const work = (async () => {
    while (running) {
      const due = Math.floor(((Date.now() - begun) * rate) / 1000) - sent;
      const messages = Array.from({ length: due }, (_, at) => message(sent + at));
      if (messages.length > 0) await producer.send({ topic: "load", acks: 1, messages });
      sent += messages.length;
      await new Promise((resume) => setTimeout(resume, TICK_MS));
    }
  })();
  return {
    async stop() {
      running = false;
      await work;
      await producer.disconnect();
      return sent;
    },
  };
}

function message(number) {
  const value = { number, at: new Date().toISOString(), place: `store-${number % 97}`, text: "What a page shows of it is one line, cut where it ends." };
  return { key: `key-${number % 1000}`, value: JSON.stringify(value) };
}
