// At 200 % and on a telephone nothing scrolls sideways, and with reduced motion nothing moves.
import assert from "node:assert/strict";

export const says = "pages fit at 200 % and at 360 pixels, and keep still";
const PAGES = {
  Dana: [
    "/", "/endpoints", "/endpoints?layout=table", "/endpoints/orders", "/endpoints/orders/schema", "/endpoints/orders/live", "/endpoints/orders/connect",
    "/endpoints/orders/policies", "/endpoints/orders/versions", "/endpoints/orders/docs", "/endpoints/orders/subscribe", "/applications",
    "/applications/storefront-analytics", "/applications/storefront-analytics?tab=keys", "/applications/storefront-analytics?tab=check", "/tokens", "/profile",
  ],
  Omar: ["/approvals", "/subscribers", "/policies", "/policies/mask-for-support", "/edit/endpoints/orders", "/discover", "/discover/demo"],
  Ada: ["/health", "/audit", "/people"],
};
/** 1280 pixels at 200 %, and a small telephone. */
const SIZES = [
  { viewport: { width: 640, height: 430 }, deviceScaleFactor: 2 },
  { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, hasTouch: true },
];

export default async function zoom(world) {
  const wide = [];
  for (const [who, pages] of Object.entries(PAGES)) {
    for (const size of SIZES) {
      const one = await world.person(who, size);
      for (const path of pages) {
        await one.go(path);
        const { scroll, client, by } = await one.page.evaluate(overflow);
        if (scroll > client) wide.push(`${who}, ${size.viewport.width}: ${path} is ${scroll} pixels wide, by ${by}`);
      }
      await one.leave();
    }
  }
  assert.deepEqual(wide, []);
  await keepsStill(world);
}

/** How wide the page is, and what makes it so. */
function overflow() {
  const { scrollWidth, clientWidth } = document.documentElement;
  const parts = scrollWidth > clientWidth ? [...document.querySelectorAll("main *")] : [];
  const out = parts.find((part) => part.getBoundingClientRect().right > clientWidth + 1 && !part.closest("[tabindex='0']"));
  return { scroll: scrollWidth, client: clientWidth, by: out ? `${out.tagName} ${out.className}` : "" };
}

async function keepsStill(world) {
  const one = await world.person("Dana");
  const { page } = one;
  await one.go("endpoints/orders");
  const moving = () =>
    page.evaluate(() => document.getAnimations().filter((one) => one.playState === "running" && one.effect.getComputedTiming().duration > 1).length);
  await page.keyboard.press("ControlOrMeta+k");
  await page.getByPlaceholder("Search endpoints, fields and guides").waitFor();
  assert.equal(await moving(), 0, "the search opens at once");
  await page.keyboard.press("Escape");
  await one.go("endpoints/orders/schema");
  await page.getByRole("button", { name: "Download" }).click();
  assert.equal(await moving(), 0, "a menu opens at once");
  await one.leave();
}
