// Pages in a real Chromium that follow an endpoint with clients/browser/sluicegate.js. Who started this
// program runs the gateway and the broker: it is asked for changes by lines on standard output, and
// answers each with a line on standard input. Arguments: the gateway's URL, the module's path.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect, createServer as createRelay } from "node:net";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { transform } from "esbuild";
import { chromium } from "playwright-core";

const MODULE_BYTES_MAX = 3 * 1024;
const LIMIT = 30_000;
/** The shortest life of a ticket. */
const SHORT_SECONDS = 60;
const [gateway, modulePath] = process.argv.slice(2);
const secret = process.env.SLUICEGATE_SECRET;
const url = `${gateway}/v1/endpoints/orders/events`;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** Has something done outside. */
async function change(what) {
  process.stdout.write(`${what}\n`);
  const { value } = await lines.next();
  assert.equal(value, "done", what);
}

const source = await readFile(modulePath, "utf8");
const { code } = await transform(source, { minify: true, format: "esm" });
assert.ok(Buffer.byteLength(code) <= MODULE_BYTES_MAX, `${Buffer.byteLength(code)} bytes minified`);

let origin;
/** The application's own server: the page, the module, and tickets. */
const server = createServer(async (request, response) => {
  if (request.url.startsWith("/ticket")) {
    const lifetimeSeconds = request.url.endsWith("?short") ? SHORT_SECONDS : undefined;
    const body = JSON.stringify({ endpoints: ["orders"], origin, lifetimeSeconds });
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
    const answer = await fetch(`${gateway}/v1/tickets`, { method: "POST", headers, body }).catch(() => null);
    response.statusCode = answer?.status ?? 503;
    return response.end(answer?.ok ? (await answer.json()).ticket : "");
  }
  const isModule = request.url === "/sluicegate.js";
  response.setHeader("content-type", isModule ? "text/javascript" : "text/html");
  response.end(isModule ? code : "<!doctype html><title>page</title>");
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
origin = `http://localhost:${server.address().port}`;

/** A proxy before the gateway, which can be told to refuse. */
const proxy = { address: "", refusals: 0, open: new Set(), refuses: false, refuse };
function refuse(refuses) {
  proxy.refuses = refuses;
  if (refuses) proxy.open.forEach((socket) => socket.destroy());
}
const relay = createRelay((socket) => {
  socket.on("error", () => {});
  if (proxy.refuses) {
    proxy.refusals++;
    return socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  const { hostname, port } = new URL(gateway);
  const onward = connect(Number(port), hostname);
  onward.on("error", () => socket.destroy());
  for (const end of [socket, onward]) {
    proxy.open.add(end);
    end.on("close", () => proxy.open.delete(end));
  }
  socket.pipe(onward).pipe(socket);
});
await new Promise((ready) => relay.listen(0, "127.0.0.1", ready));
proxy.address = `http://127.0.0.1:${relay.address().port}`;

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });

/** Heads of answers about events. */
const answers = [];
/** A page that follows, and what it saw. */
async function follow(options) {
  const page = await browser.newPage();
  page.on("response", (answer) => answer.url().startsWith(url) && answers.push(answer.headers()));
  await page.goto(origin);
  await page.evaluate(
    async ({ url, options }) => {
      window.tickets = 0;
      const { follow } = await import("/sluicegate.js");
      window.seen = [];
      window.states = [];
      window.following = follow({
        url,
        from: "earliest",
        ticket: async () => {
          if (options.held) return options.held;
          window.tickets++;
          const answer = await fetch(options.short ? "/ticket?short" : "/ticket");
          if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
          return answer.text();
        },
        onEvent: (event) => void window.seen.push(event.value.n),
        onState: (state) => void window.states.push(state),
        ...options,
      });
    },
    { url, options },
  );
  return page;
}
const until = (page, count) => page.waitForFunction((count) => new Set(window.seen).size >= count, count, { timeout: LIMIT });
const seen = (page) => page.evaluate(() => window.seen);
const numbers = (count) => [...Array(count).keys()];

try {
  await change(`allow ${origin}`);
  await change("produce 10");
  for (const transport of ["websocket", "sse"]) {
    const page = await follow({ transport, window: 4 });
    await until(page, 10);
    assert.deepEqual(await seen(page), numbers(10), transport);
    await page.close();
  }
  // Browsers accept gzip by themselves, and show events of a compressed stream as they come.
  assert.ok(answers.some((headers) => headers["content-encoding"] === "gzip"), JSON.stringify(answers));

  // Tickets that end while the rest goes on.
  const outlasting = await Promise.all(["websocket", "sse"].map((transport) => follow({ transport, short: true })));
  const outlasts = Date.now() + SHORT_SECONDS * 1_000;

  // A restart of the gateway: nothing is lost, and the pages need no help.
  const pages = await Promise.all(["websocket", "sse"].map((transport) => follow({ transport })));
  await Promise.all(pages.map((page) => until(page, 10)));
  await change("restart");
  await change("produce 10");
  for (const page of pages) {
    await until(page, 20);
    const all = await seen(page);
    assert.deepEqual([...new Set(all)], numbers(20));
    assert.ok(all.length <= 30, `${all.length - 20} came again`);
  }

  // A tab that is suspended and comes back, and one from the back/forward cache.
  const [suspended, travelled] = pages;
  const session = await suspended.context().newCDPSession(suspended);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await travelled.goto("about:blank");
  await change("produce 10");
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await until(suspended, 30);
  assert.deepEqual([...new Set(await seen(suspended))], numbers(30));
  await travelled.goBack();
  const kept = await travelled.evaluate(() => window.seen !== undefined);
  if (kept) {
    await until(travelled, 30);
    assert.deepEqual([...new Set(await seen(travelled))], numbers(30));
  }
  await Promise.all(pages.map((page) => page.close()));

  // A proxy that cuts its connections, and says 503 for a while.
  const proxied = await Promise.all(
    ["websocket", "sse"].map((transport) => follow({ transport, url: url.replace(gateway, proxy.address) })),
  );
  await Promise.all(proxied.map((page) => until(page, 30)));
  proxy.refuse(true);
  await change("produce 10");
  await Promise.all(proxied.map((page) => page.waitForFunction(() => window.tickets >= 2, null, { timeout: LIMIT })));
  assert.ok(proxy.refusals > 0);
  proxy.refuse(false);
  for (const page of proxied) {
    await until(page, 40);
    assert.deepEqual([...new Set(await seen(page))], numbers(40));
    await page.close();
  }

  // Those whose first ticket has ended by now have another, and missed nothing.
  await new Promise((ended) => setTimeout(ended, outlasts - Date.now()));
  for (const page of outlasting) {
    await page.waitForFunction(() => window.tickets >= 2, null, { timeout: LIMIT });
  }
  await change("produce 10");
  for (const page of outlasting) {
    await until(page, 50);
    assert.deepEqual([...new Set(await seen(page))], numbers(50));
    await page.close();
  }

  // What cannot be mended ends it, with the gateway's reason.
  const held = await (await fetch(`${origin}/ticket`)).text();
  await change("suspend");
  const refused = await follow({ held });
  await refused.waitForFunction(() => window.states.at(-1).state === "failed", null, { timeout: LIMIT });
  const last = await refused.evaluate(() => window.states.at(-1));
  assert.equal(last.problem.code, "subscription_suspended", JSON.stringify(last));
  await refused.close();
  await change("resume");

  // A revoked credential: the stream ends, and there is no ticket any more.
  const revoked = await follow({});
  await until(revoked, 50);
  await change("revoke");
  await revoked.waitForFunction(() => window.states.some(({ state }) => state === "ticket"), null, { timeout: LIMIT });
  await revoked.evaluate(() => window.following.close());
  assert.equal((await revoked.evaluate(() => window.states.at(-1))).state, "closed");
} finally {
  await browser.close();
  server.close();
  relay.close();
}
process.stdout.write("passed\n");
process.exit(0);
