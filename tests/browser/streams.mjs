// Ten event streams of one page at once: over HTTP/1.1 a browser opens six connections to one host and
// the others wait; over HTTP/2 all share one. Arguments: the gateway's URL, how many streams open.
// SLUICEGATE_SECRET reads the endpoint `orders`, which lists http://localhost:PORT of argument three.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const STREAMS = 10;
const LIMIT = 30_000;
/** How long those that wait are given. */
const WAIT = 3_000;
const [gateway, expected, port] = process.argv.slice(2);
const origin = `http://localhost:${port}`;

async function ticket() {
  const headers = { authorization: `Bearer ${process.env.SLUICEGATE_SECRET}`, "content-type": "application/json" };
  const body = JSON.stringify({ endpoints: ["orders"], origin });
  const answer = await fetch(`${gateway}/v1/tickets`, { method: "POST", headers, body });
  assert.equal(answer.status, 201, await answer.clone().text());
  return (await answer.json()).ticket;
}

const server = createServer((_, response) => {
  response.setHeader("content-type", "text/html").end("<!doctype html><title>page</title>");
});
await new Promise((ready) => server.listen(Number(port), "127.0.0.1", ready));
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--ignore-certificate-errors"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
try {
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  await page.goto(origin);
  const tickets = await Promise.all(Array.from({ length: STREAMS }, ticket));
  await page.evaluate(
    ({ gateway, tickets }) => {
      window.seen = new Set();
      window.streams = tickets.map((ticket, number) => {
        const stream = new EventSource(`${gateway}/v1/endpoints/orders/events?from=earliest&ticket=${ticket}`);
        stream.onmessage = () => window.seen.add(number);
        return stream;
      });
    },
    { gateway, tickets },
  );
  const count = Number(expected);
  await page.waitForFunction((count) => window.seen.size >= count, count, { timeout: LIMIT });
  await page.waitForTimeout(WAIT);
  assert.equal(await page.evaluate(() => window.seen.size), count);
} finally {
  await browser.close();
  server.close();
}
process.stdout.write("passed\n");
process.exit(0);
