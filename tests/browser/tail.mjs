// A live tail at 5,000 events a second for minutes. Arguments: the portal's URL of a fresh demo, minutes
// (10), events a second (5000).
import { hold, underLoad } from "./steps/tail.mjs";
import { startWorld } from "./steps/world.mjs";

const [base, minutes = "10", rate = "5000"] = process.argv.slice(2);
const world = await startWorld(base);
try {
  const measured = await underLoad(world, { seconds: Number(minutes) * 60, rate: Number(rate), say: (line) => console.log(line) });
  console.log(`${measured.sent} sent, ${measured.received} received`);
  console.log(`passed: ${hold(measured)}`);
} finally {
  await world.close();
}
