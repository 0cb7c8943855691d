/** An event, as the subscriber's plan shows it. */
export interface SluicegateEvent<Value = unknown> {
  /** The topic-partition's index. */
  partition: number;
  /** The record's offset: with the partition, what tells two events apart. */
  offset: number;
  /** RFC 3339; null: none. */
  timestamp: string | null;
  /** Null: none. */
  key: string | null;
  keyEncoding?: "base64";
  /** Names and values, in order. */
  headers: [name: string | { base64: string }, value: string | { base64: string } | null][];
  /** Null: a tombstone. */
  value: Value | null;
  valueEncoding?: "text" | "base64";
}

/** A problem document (RFC 9457), or whatever was thrown. */
export type Problem = { code?: string; title?: string; detail?: string; status?: number } | unknown;

export type State =
  | { state: "connecting" | "open" | "closed" }
  /** It is tried again, after so many milliseconds. */
  | { state: "waiting"; pause?: number }
  /** There was no ticket; it is tried again. */
  | { state: "ticket"; problem: Problem }
  /** The end: it is not tried again. */
  | { state: "failed"; problem: Problem };

export interface Options<Value = unknown> {
  /** The endpoint's events, such as `https://gateway.example.com/v1/endpoints/orders/events`. */
  url: string;
  /** Gets a new ticket, from the page's own server. */
  ticket: () => string | Promise<string>;
  /** Where to begin: `earliest`, `latest` (the default), an RFC 3339 time or a cursor. */
  from?: string;
  /** How many events may be under way that `onEvent` has not done with (a WebSocket's); 100 unless said. */
  window?: number;
  /** `websocket` unless said. */
  transport?: "websocket" | "sse";
  /** Takes one event after the other; the next waits until it is done. What it throws ends all. */
  onEvent: (event: SluicegateEvent<Value>) => void | Promise<void>;
  /** Told of everything that happens to the connection. */
  onState?: (state: State) => void;
  /** Ends it. */
  signal?: AbortSignal;
}

export interface Following {
  /** Ends it. */
  close(): void;
  /** Where to go on: everything before it is done with. */
  readonly cursor: string;
}

/** Follows an endpoint until it is closed or refused for good. */
export function follow<Value = unknown>(options: Options<Value>): Following;
