// What a live view shows: taken in as fast as it comes, told once a frame, bounded whatever comes.
import { LiveEvent } from './event';
import { follow, type State, type Ticket } from './follow';
import { Ring } from './ring';

/** Events that are kept to be looked at, … */
export const KEPT_MAX = 2000;
/** … and characters of them all together. */
const KEPT_SIZE_MAX = 32 * 1024 * 1024;
const RATE_MS = 1000;
/** Between two views, however fast it comes: nobody reads faster. */
const VIEW_MS = 50;

export interface View {
  state: State;
  /** What is shown, the newest first. */
  events: LiveEvent[];
  /** All that came. */
  received: number;
  /** What came and matched, but is not kept any more. */
  skipped: number;
  /** Events a second, now. */
  rate: number;
  /** Whether the view stands still. */
  held: boolean;
  /** What came and matched since it stands still. */
  fresh: number;
}

const START: View = { state: { at: 'connecting' }, events: [], received: 0, skipped: 0, rate: 0, held: false, fresh: 0 };

interface Options {
  from: string;
  ticket: () => Promise<Ticket>;
}

export class Tail {
  #view = START;
  #state: State = START.state;
  readonly #all = new Ring<LiveEvent>(KEPT_MAX, KEPT_SIZE_MAX);
  readonly #matching = new Ring<LiveEvent>(KEPT_MAX, KEPT_SIZE_MAX);
  readonly #listeners = new Set<() => void>();
  /** The first offset of each partition that did not come yet: after a break some come again. */
  readonly #next = new Map<number, number>();
  #words = '';
  #received = 0;
  #matched = 0;
  #held?: { events: LiveEvent[]; matched: number };
  #rate = 0;
  #counted = 0;
  #countedAt = 0;
  #frame = 0;
  #told = 0;
  #stop?: () => void;
  #clock?: ReturnType<typeof setInterval>;

  constructor(private readonly options: Options) {}

  readonly listen = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = () => this.#view;

  open() {
    this.#counted = this.#received;
    this.#countedAt = performance.now();
    this.#clock = setInterval(() => this.#tick(), RATE_MS);
    this.#stop = follow({
      ...this.options,
      onEvent: (text) => this.#take(text),
      onState: (state) => {
        this.#state = state;
        this.#soon();
      },
    });
  }

  close() {
    this.#stop?.();
    clearInterval(this.#clock);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** Shows only what has the words, of what is kept as well. */
  filter(words: string) {
    const wanted = words.trim().toLowerCase();
    if (wanted === this.#words) return;
    this.#words = wanted;
    this.#matching.clear();
    this.#matched = 0;
    for (const event of this.#all.newest().reverse()) this.#match(event);
    if (this.#held) this.#held = { events: this.#matching.newest(), matched: this.#matched };
    this.#soon();
  }

  /** Lets the view stand still, or go on with the newest. */
  hold(still: boolean) {
    if (still === (this.#held !== undefined)) return;
    this.#held = still ? { events: this.#view.events, matched: this.#matched } : undefined;
    this.#soon();
  }

  #take(text: string) {
    const event = new LiveEvent(this.#received, text);
    if (event.offset < (this.#next.get(event.partition) ?? 0)) return;
    this.#next.set(event.partition, event.offset + 1);
    this.#received++;
    this.#all.push(event);
    this.#match(event);
    this.#soon();
  }

  #match(event: LiveEvent) {
    if (this.#words && !event.has(this.#words)) return;
    this.#matching.push(event);
    this.#matched++;
  }

  #tick() {
    const now = performance.now();
    const rate = Math.round(((this.#received - this.#counted) * 1000) / (now - this.#countedAt));
    this.#counted = this.#received;
    this.#countedAt = now;
    if (rate === this.#rate) return;
    this.#rate = rate;
    this.#soon();
  }

  /** Tells it with the next frame; a page that nobody sees has none, and is told nothing. */
  #soon() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (now - this.#told < VIEW_MS) {
        this.#soon();
        return;
      }
      this.#told = now;
      this.#view = {
        state: this.#state,
        events: this.#held?.events ?? this.#matching.newest(),
        received: this.#received,
        skipped: this.#matched - this.#matching.length,
        rate: this.#rate,
        held: this.#held !== undefined,
        fresh: this.#held ? this.#matched - this.#held.matched : 0,
      };
      for (const listener of this.#listeners) listener();
    });
  }
}
