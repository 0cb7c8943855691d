// A live tail at 5,000 events a second, for some seconds; `tail.mjs` does it for minutes.
import { hold, underLoad } from "../steps/tail.mjs";

export const says = "a live tail takes 5,000 events a second";
const SECONDS = 20;
const RATE = 5_000;

export default async function tail(world) {
  return hold(await underLoad(world, { seconds: SECONDS, rate: RATE }));
}
