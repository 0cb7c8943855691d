// Opens a page in Chromium and prints its text as it changes, until it is ended. Argument: the page's
// address, which may not answer yet.
import { chromium } from "playwright-core";

const LOOK_EVERY = 200;
const [address] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
// The authority of the gateway's certificate is a test's own.
const page = await browser.newPage({ ignoreHTTPSErrors: true });
page.on("pageerror", (error) => console.log(String(error)));
let shown = "";
for (;;) {
  if (page.url() === "about:blank" || page.url().startsWith("chrome-error:")) await page.goto(address).catch(() => {});
  const text = await page.evaluate(() => document.body?.innerText ?? "");
  if (text !== shown) console.log(text);
  shown = text;
  await page.waitForTimeout(LOOK_EVERY);
}
