/**
 * Follows an endpoint of a Sluicegate gateway from a web page, over a WebSocket (or EventSource, where
 * those are blocked), across broken connections, restarts, sleep and tickets that end. No event is
 * lost; after a broken connection some may come again: `partition` and `offset` tell.
 * Types and options: sluicegate.d.ts. What goes over the wire: docs/websocket.md, docs/browsers.md.
 */

const FIRST_PAUSE = 500; // milliseconds, doubled with each try …
const LONGEST_PAUSE = 30_000; // … up to this, with full jitter
const SILENT_MAX = 45_000; // the gateway says something every 15 seconds
const HOPELESS = [1002, 1003, 1007, 1008, 1009, 4410]; // close codes after which trying again is no use
const PASSING = [401, 408, 425, 429, 500, 502, 503, 504]; // statuses that a new ticket or time may mend

export function follow({ url, ticket, from = "latest", window: limit = 100, transport = "websocket", onEvent, onState, signal }) {
  let last = from;
  let held; // the ticket, while it works
  let tries = 0;
  let generation = 0; // what an older connection still says is not listened to
  let link, timer, watchdog, ended;
  const told = (state, more) => onState?.({ state, ...more });

  const end = (state, more) => {
    if (ended) return;
    ended = true;
    drop();
    removeEventListener("pagehide", drop);
    removeEventListener("pageshow", shown);
    told(state, more);
  };
  const drop = () => {
    generation++;
    clearTimeout(timer);
    clearTimeout(watchdog);
    link?.close();
    link = undefined;
  };
  const shown = (event) => event.persisted && open(); // back from the back/forward cache
  const again = (opened) => {
    drop();
    if (ended) return;
    if (!opened) held = undefined; // it may be the ticket
    const pause = Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries++, 10));
    told("waiting", { pause });
    timer = setTimeout(open, pause);
  };

  // Neither transport says why it could not open: the same address does.
  const ask = async (address, mine) => {
    const stop = new AbortController();
    try {
      const answer = await fetch(address, { signal: stop.signal, cache: "no-store" });
      const hopeless = !answer.ok && !PASSING.includes(answer.status);
      const problem = hopeless && (await answer.json());
      if (problem && mine === generation) return end("failed", { problem });
    } catch {
      // Not reachable at all.
    } finally {
      stop.abort();
    }
    if (mine === generation) again(false);
  };

  const open = async () => {
    drop();
    const mine = generation;
    told("connecting");
    try {
      held ??= await ticket();
    } catch (problem) {
      told("ticket", { problem });
    }
    if (mine !== generation || ended) return;
    if (!held) return again(false);
    const query = new URLSearchParams({ ticket: held, from: last });
    const address = `${url}?${query}`;
    let opened = false;
    let done = 0;
    let waiting = Promise.resolve();
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => again(true), SILENT_MAX);
      if (!opened) told("open");
      opened = true;
    };
    const deliver = async (value) => {
      await onEvent(value);
      done++;
      tries = 0;
    };
    // One after the other: a cursor counts when everything before it is done with.
    const queue = (work) => {
      waiting = waiting.then(() => mine === generation && work()).catch((problem) => end("failed", { problem }));
    };
    const acknowledge = () => link?.readyState === 1 && link.send(JSON.stringify({ ack: done }));

    if (transport === "sse") {
      link = new EventSource(address);
      link.onopen = () => mine === generation && clearTimeout(watchdog) === undefined && (opened = true) && told("open");
      link.onmessage = (event) =>
        queue(async () => {
          await deliver(JSON.parse(event.data));
          last = event.lastEventId || last;
        });
      link.onerror = (event) => {
        if (mine !== generation) return;
        if (event.data) queue(() => end("failed", { problem: JSON.parse(event.data) }));
        else if (link.readyState === 2) opened ? again(false) : ask(address, mine);
        else told("waiting", {}); // the browser connects again by itself
      };
      return;
    }
    link = new WebSocket(`${address.replace(/^http/, "ws")}&window=${limit}`, "sluicegate.v1");
    let problem;
    link.onmessage = ({ data }) => {
      if (mine !== generation) return;
      alive();
      const message = JSON.parse(data);
      if (message.error) problem = message.error;
      else if (message.cursor)
        queue(() => {
          last = message.cursor;
          acknowledge();
        });
      else
        queue(async () => {
          await deliver(message);
          if (done % Math.ceil(limit / 2) === 0) acknowledge();
        });
    };
    link.onclose = ({ code, reason }) => {
      if (mine !== generation) return;
      if (HOPELESS.includes(code)) queue(() => end("failed", { problem: problem ?? { code: reason, status: code } }));
      else opened ? again(true) : ask(address, mine);
    };
  };

  addEventListener("pagehide", drop);
  addEventListener("pageshow", shown);
  signal?.addEventListener("abort", () => end("closed"));
  if (signal?.aborted) end("closed");
  else open();
  return {
    close: () => end("closed"),
    get cursor() {
      return last;
    },
  };
}
