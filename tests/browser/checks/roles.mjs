// Every page for every role, in light and dark: accessible, nothing wrong in the console, and nothing
// of others to be seen.
import assert from "node:assert/strict";

export const says = "every page is as it should be for every role";
/** Whom one can be, and pages of theirs that the navigation does not lead to. */
const PEOPLE = {
  Dana: [
    "/endpoints?layout=table", "/endpoints?q=nothing-is-called-so", "/endpoints/orders", "/endpoints/orders/schema",
    "/endpoints/orders/live", "/endpoints/orders/connect", "/endpoints/orders/policies", "/endpoints/orders/versions",
    "/endpoints/orders/docs", "/endpoints/orders-legacy", "/endpoints/payments/subscribe",
    "/applications/storefront-analytics", "/profile",
  ],
  Omar: ["/policies/mask-for-support", "/edit/endpoints/orders", "/discover/demo"],
  Sofia: ["/policies/mask-payments"],
  Ada: ["/policies/mask-for-support", "/edit/endpoints/orders"],
};
/** Where the navigation leads, for each. */
const [EVERYBODY, OWNERS] = [["/", "/endpoints", "/applications", "/tokens"], ["/approvals", "/subscribers", "/policies", "/discover"]];
const LINKS = {
  Dana: EVERYBODY,
  Omar: [...EVERYBODY, ...OWNERS],
  Sofia: [...EVERYBODY, "/approvals", "/subscribers", "/policies", "/health", "/audit"],
  Ada: [...EVERYBODY, ...OWNERS, "/health", "/audit", "/people"],
};
/** Who sees everything in the dark too: their pages are all there are, but for those of owners. */
const IN_THE_DARK = ["Dana", "Ada"];
/** Pages of others, what must not be seen there, and who does see it: else nothing would be shown by its absence. */
const OTHERS = {
  Dana: [["/audit", "open record"], ["/people", "sofia"], ["/health", "replica-1"], ["/policies/mask-payments", "keepLast"]],
  Omar: [["/audit", "open record"], ["/people", "sofia"]],
};
const SEES = "Ada";

export default async function roles(world) {
  for (const [who, more] of Object.entries(PEOPLE)) {
    for (const scheme of IN_THE_DARK.includes(who) ? ["light", "dark"] : ["light"]) await pagesOf(world, who, more, scheme);
  }
}

async function pagesOf(world, who, more, colorScheme) {
  const one = await world.person(who, { colorScheme });
  const { page } = one;
  const links = await page.locator("nav a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  assert.deepEqual(links, LINKS[who], who);
  for (const path of [...links, ...more]) {
    await one.go(path);
    assert.equal(await page.locator("main [data-problem]").count(), 0, `${who} may see ${path}`);
    await one.accessible(path);
    await one.shot(`pages/${who.toLowerCase()}${path.replaceAll(/[/?=]+/g, "-")}-${colorScheme}`);
  }
  for (const [path, secret] of who === SEES ? Object.values(OTHERS).flat() : []) {
    await one.go(path);
    await page.locator("main").filter({ hasText: secret }).waitFor();
  }
  assert.deepEqual(one.wrong, [], `${who}, ${colorScheme}`);
  // From here on all is refused, which the browser tells too.
  one.allow(/./);
  for (const [path, secret] of OTHERS[who] ?? []) {
    await one.go(path);
    await one.accessible(path);
    const text = await page.locator("main").innerText();
    assert.ok(!text.includes(secret), `${who} sees ${secret} at ${path}`);
  }
  await one.leave();
}
