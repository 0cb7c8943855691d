// The portal in a real Chromium, on a fresh `sluicegate demo`: the journeys that people make, and what
// must hold on every page. Arguments: the portal's URL, then what to do of what stands here; without names, all
// but what takes long.
// With SCREENSHOTS=<folder> each step is kept there as a picture, and how the pages were where it failed; with LONG=1 nothing is left out.
// With SLOW=6 all is as on a machine that is so many times slower.
import { startWorld } from "./steps/world.mjs";

/** In this order: what looks at the demo as it begins comes first; those that choose an application by its
 *  button come before there are so many that they stand in a list. */
const ALL = [
  "checks/look", "journeys/newcomer", "checks/keyboard", "journeys/request", "journeys/publish", "journeys/masking",
  "journeys/preview", "checks/typed", "journeys/rotate", "journeys/revoke", "journeys/deprecate", "journeys/message", "checks/safe", "checks/snippets", "checks/roles", "checks/zoom",
  "checks/many", "checks/tail",
];
/** What takes long, or needs a machine of its own: done when it is named, and with LONG=1. */
const LONG = ["checks/zoom", "checks/many", "checks/tail"];

const [base, ...names] = process.argv.slice(2);
const wanted = ALL.filter((one) => names.length === 0 ? process.env.LONG === "1" || !LONG.includes(one) : names.includes(one.split("/")[1]));
const unknown = names.filter((name) => !ALL.some((one) => one.endsWith(`/${name}`)));
if (!base || unknown.length > 0) {
  console.error(`usage: node portal.mjs URL [${ALL.map((one) => one.split("/")[1]).join(" | ")}]...`);
  process.exit(2);
}

const world = await startWorld(base, process.env.SCREENSHOTS);
const start = Date.now();
const seconds = (since) => ((Date.now() - since) / 1000).toFixed(1);
try {
  for (const one of wanted) {
    const begun = Date.now();
    const { default: go, says } = await import(`./${one}.mjs`);
    const told = await go(world);
    console.log(`${says}${told ? `: ${told}` : ""} (${seconds(begun)} s)`);
  }
  console.log(`passed (${seconds(start)} s)`);
} catch (problem) {
  await world.failed();
  console.error(problem);
  process.exitCode = 1;
} finally {
  await world.close();
}
// A stream that a failed journey has left open would keep this program.
process.exit();
