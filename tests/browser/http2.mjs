// A page of the gateway's own origin in a real Chromium, over TLS: its WebSocket goes through the HTTP/2
// connection that the page came on (RFC 8441). Arguments: the origin, a ticket for pages of it.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const EVENTS = 20;
const LIMIT = 30_000;
const [origin, ticket] = process.argv.slice(2);

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
try {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(LIMIT);
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const handshakes = [];
  session.on("Network.webSocketHandshakeResponseReceived", ({ response }) => handshakes.push(response));
  await page.goto(`${origin}/v1/nothing`);
  const protocol = await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol);
  assert.equal(protocol, "h2");
  const url = `${origin.replace("https", "wss")}/v1/endpoints/orders/events?from=earliest&window=4&ticket=${ticket}`;
  const seen = await page.evaluate(
    ({ url, count }) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(url, "sluicegate.v1");
        const numbers = [];
        socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
        socket.onmessage = ({ data }) => {
          const said = JSON.parse(data);
          if (said.cursor) return;
          numbers.push(said.value.n);
          socket.send(JSON.stringify({ ack: numbers.length }));
          if (numbers.length === count) resolve({ numbers, protocol: socket.protocol });
        };
      }),
    { url, count: EVENTS },
  );
  assert.deepEqual(seen, { numbers: [...Array(EVENTS).keys()], protocol: "sluicegate.v1" });
  // 101 would be a connection of its own.
  assert.deepEqual(handshakes.map(({ status }) => status), [200]);
} finally {
  await browser.close();
}
process.stdout.write("passed\n");
process.exit(0);
