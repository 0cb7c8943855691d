// One stream of events over broken connections and tickets that end. What goes over the wire, and the
// rules of coming back: docs/browsers.md and docs/sse.md.
import { Offline, Problem, type ProblemBody } from '~/api/problem';

const FIRST_PAUSE_MS = 500; // doubled with each try …
const LONGEST_PAUSE_MS = 30_000; // … up to this, with full jitter
/** Statuses that a new ticket or time may mend. */
const PASSING = [401, 408, 425, 429, 500, 502, 503, 504];

export interface Ticket {
  ticket: string;
  /** Of the stream, on this origin. */
  path: string;
  firstUseBy?: string | null;
  expiresAt?: string | null;
}

/** How long a ticket surely lasts from when it was issued, by the gateway's clock alone: what the browser's says is
 *  its own matter. */
function lasts({ firstUseBy, expiresAt }: Ticket) {
  return firstUseBy && expiresAt ? Date.parse(expiresAt) - Date.parse(firstUseBy) : Infinity;
}

export type State =
  | { at: 'connecting' }
  | { at: 'open' }
  /** It tries again by itself; the reason, where one was told. */
  | { at: 'waiting'; problem?: Error }
  | { at: 'refused'; problem: Error };

interface Options {
  /** `latest`, `earliest` or a time. */
  from: string;
  ticket: () => Promise<Ticket>;
  onEvent: (text: string) => void;
  onState: (state: State) => void;
}

/** Follows until it is told to stop. */
export function follow({ from, ticket, onEvent, onState }: Options): () => void {
  let last = from;
  let tries = 0;
  /** What an older connection still says is not listened to. */
  let generation = 0;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const drop = () => {
    generation++;
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const refuse = (problem: Error) => {
    drop();
    onState({ at: 'refused', problem });
  };
  const again = (problem?: Error) => {
    drop();
    onState({ at: 'waiting', problem });
    timer = setTimeout(() => void open(), Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries++, 10)));
  };
  /** What was refused for good ends it; anything else is tried again. */
  const refused = (problem: Error) => {
    const passing = problem instanceof Offline || (problem instanceof Problem && problem.body.status !== 401 && PASSING.includes(problem.body.status));
    if (passing) again(problem);
    else refuse(problem);
  };

  async function open() {
    drop();
    const mine = generation;
    onState({ at: 'connecting' });
    let issued: Ticket;
    try {
      issued = await ticket();
    } catch (problem) {
      if (mine === generation) refused(problem as Error);
      return;
    }
    if (mine !== generation) return;
    const over = Date.now() + lasts(issued);
    const address = `${issued.path}?${new URLSearchParams({ ticket: issued.ticket, from: last }).toString()}`;
    const stream = new EventSource(address);
    source = stream;
    let opened = false;
    stream.onopen = () => {
      opened = true;
      tries = 0;
      onState({ at: 'open' });
    };
    stream.onmessage = (event: MessageEvent<string>) => {
      onEvent(event.data);
      if (event.lastEventId) last = event.lastEventId;
    };
    stream.onerror = (event) => {
      if (mine !== generation) return;
      const told: unknown = event instanceof MessageEvent ? event.data : undefined;
      if (typeof told === 'string') refused(new Problem(JSON.parse(told) as ProblemBody));
      // With a ticket that has ended the browser would come back in vain.
      else if (opened && (stream.readyState === EventSource.CLOSED || Date.now() >= over)) again();
      else if (stream.readyState !== EventSource.CLOSED) onState({ at: 'waiting' }); // it comes back by itself
      else void ask(address, mine);
    };
  }

  /** An EventSource does not say why it could not open: the same address does. */
  async function ask(address: string, mine: number) {
    const stop = new AbortController();
    let problem: Error | undefined;
    try {
      const answer = await fetch(address, { signal: stop.signal, cache: 'no-store' });
      if (!answer.ok) problem = new Problem((await answer.json()) as ProblemBody);
    } catch {
      problem = new Offline();
    } finally {
      stop.abort();
    }
    if (mine !== generation) return;
    // A ticket that was refused is of no use any more; the next one may be.
    if (problem instanceof Problem && problem.body.code === 'ticket_refused') again();
    else if (problem) refused(problem);
    else again();
  }

  void open();
  return drop;
}
