// Every program of the Connect tab is, in the page, byte for byte what REST tells, and those that start in
// seconds are run from the page's text, as it stands there. tests/tests/connect.rs runs all of them.
// With LONG=1 also those run whose packages take longer to get.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { document } from "../steps/rest.mjs";

export const says = "programs of the Connect tab are what REST tells, and run as the page shows them";
const NAME = "snippets";
const SUBSCRIPTION = `${NAME}-orders`;
/** What shows that an event came, and that it came through the plan's policies. */
const EVENT = /placedAt/;
const SECRET_FIELD = /nationalId/;
/** Characters of what a program said that are told when it fails. */
const TOLD_MAX = 2_000;
const LIMIT_MS = 120_000;
/** Programs that run here, and what a machine must have for them. */
const RUN = { curl: "curl", kcat: "kcat", "python-sse": "python3", "node-ws": "npm", websocat: "websocat" };
const RUN_LONG = { node: "npm", python: "python3" };
const PORT = 3000;

export default async function snippets(world) {
  const applied = await (await world.rest("dana"))("POST", "/apply", [
    document("Application", NAME, { owner: "data" }),
    document("Subscription", SUBSCRIPTION, { application: NAME, endpoint: "orders", plan: "orders-analytics" }),
    document("Credential", `${NAME}-1`, { application: NAME }),
  ]);
  const [{ secret }] = applied.secrets;
  const told = await (await world.rest("dana"))("GET", `/subscriptions/${SUBSCRIPTION}/connect`);
  const dana = await world.person("Dana");
  const runs = { ...RUN, ...(process.env.LONG === "1" ? RUN_LONG : {}) };
  const folder = await mkdtemp(join(tmpdir(), "sluicegate-snippets-"));
  const ran = [];
  const missing = [];
  try {
    for (const snippet of told.snippets) {
      const shown = await fromThePage(dana, snippet);
      const needs = runs[snippet.client];
      if (snippet.client === "browser") {
        await runInBrowser(world, join(folder, "browser"), shown, secret);
        ran.push(snippet.client);
      } else if (needs && has(needs)) {
        await run(join(folder, snippet.client), snippet.client, shown.script, secret);
        ran.push(snippet.client);
      } else if (needs) missing.push(needs);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await dana.leave();
  return `${told.snippets.length} compared; run: ${ran.join(", ")}${missing.length > 0 ? `; not on this machine: ${missing.join(", ")}` : ""}`;
}

/** A snippet as the page shows it, held against REST: file by file, and all at once. */
async function fromThePage(dana, snippet) {
  const { page } = dana;
  await dana.go(`endpoints/orders/connect?subscription=${SUBSCRIPTION}&client=${snippet.client}`);
  const text = (label) => page.getByRole("region", { name: label, exact: true }).locator("pre").textContent();
  const script = await text(`${snippet.title}, for a terminal`);
  await page.getByText("File by file", { exact: true }).click();
  const files = [];
  for (const { name, text: wanted } of snippet.files) {
    const shown = await text(name);
    assert.equal(shown, wanted, `${snippet.client}: ${name}`);
    assert.ok(script.includes(wanted.trimEnd()), `${snippet.client}: ${name} is in what is pasted`);
    files.push({ name, text: shown });
  }
  const run = await text("Run");
  assert.equal(run, `export SLUICEGATE_SECRET=…\n${snippet.run}`, snippet.client);
  if (snippet.install) assert.equal(await text("Install"), snippet.install, snippet.client);
  await dana.shot(`journeys/snippets/${snippet.client}`);
  return { script, files, run: snippet.run };
}

/** Pastes it into a shell that asks for the secret, and waits for an event. */
async function run(folder, client, script, secret) {
  await mkdir(folder, { recursive: true });
  // A virtual environment, as one has where the system's own Python takes no packages.
  const venv = client === "python" ? "python3 -m venv venv && . venv/bin/activate\n" : "";
  await writeFile(join(folder, "pasted.sh"), `${venv}${script.replace(/^apt-get install .*$/m, ":")}`);
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const child = spawn("bash", ["pasted.sh"], { cwd: folder, detached: true, env: { ...process.env, PATH: path } });
  child.stdin.end(`${secret}\n`);
  await output(child, client);
}

/** Reads until an event is there; then the program is stopped, with all that it started. */
async function output(child, client, wanted = EVENT) {
  let all = "";
  try {
    return await new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`${client}: no event in time: ${all.slice(-TOLD_MAX)}`)), LIMIT_MS);
      const read = (part) => {
        all += part;
        if (!wanted.test(all)) return;
        clearTimeout(timer);
        if (SECRET_FIELD.test(all)) failed(new Error(`${client}: not redacted: ${all.slice(-TOLD_MAX)}`));
        done(all);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("exit", (code) => failed(new Error(`${client}: ended with ${code}: ${all.slice(-TOLD_MAX)}`)));
    });
  } finally {
    stop(child);
  }
}

function stop(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** The page with its server, opened in this browser. */
async function runInBrowser(world, folder, { files, run }, secret) {
  const omar = await world.rest("omar");
  const endpoint = await omar("GET", "/endpoints/orders");
  const origin = `http://localhost:${PORT}`;
  await omar("PUT", "/endpoints/orders", { ...endpoint, spec: { ...endpoint.spec, allowedOrigins: [origin] } });
  await mkdir(folder, { recursive: true });
  for (const { name, text } of files) await writeFile(join(folder, name), text);
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const child = spawn("bash", ["-c", run], { cwd: folder, detached: true, env: { ...process.env, PATH: path, PORT: String(PORT), SLUICEGATE_SECRET: secret } });
  const page = await world.browser.newPage();
  try {
    await new Promise((done, failed) => {
      child.stdout.on("data", (part) => String(part).includes(origin) && done());
      child.on("exit", (code) => failed(new Error(`browser: its server ended with ${code}`)));
    });
    await page.goto(`${origin}/`);
    await page.getByText(EVENT).first().waitFor();
    assert.ok(!SECRET_FIELD.test(await page.locator("body").innerText()), "browser: not redacted");
  } finally {
    await page.close();
    stop(child);
    await omar("PUT", "/endpoints/orders", endpoint);
  }
}

function has(program) {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}
