// An event of a stream: its text as it came, read only as far as it is looked at.

type Text = string | { base64: string } | null;

/** What stands around a value; see docs/sse.md. */
export interface Envelope {
  partition: number;
  offset: number;
  timestamp: string | null;
  key: string | null;
  keyEncoding?: 'base64';
  headers: [Text, Text][];
  valueEncoding?: 'text' | 'base64';
  value: unknown;
}

const PLACE = /^\{"partition":(\d+),"offset":(\d+)/;
const VALUE = ',"value":';
/** Characters of a value that are shown in a line. */
const LINE_MAX = 400;

export class LiveEvent {
  readonly size: number;
  readonly partition: number;
  readonly offset: number;
  #envelope?: Envelope;
  #line?: string;

  constructor(
    /** Counts the events of a view. */
    readonly number: number,
    readonly text: string,
  ) {
    const place = PLACE.exec(text);
    this.size = text.length;
    this.partition = Number(place?.[1] ?? 0);
    this.offset = Number(place?.[2] ?? 0);
  }

  get envelope(): Envelope {
    return (this.#envelope ??= JSON.parse(this.text) as Envelope);
  }

  /** The value as it was written: reading it as numbers would change long ones. */
  get value(): string {
    // Inside of texts quotes are escaped: the first one is the member.
    return this.text.slice(this.text.indexOf(VALUE) + VALUE.length, -1).trim();
  }

  /** The value in one line. */
  get line(): string {
    return (this.#line ??= this.value.slice(0, LINE_MAX).replace(/\s+/g, ' '));
  }

  /** Whether key, headers or value have the words; they are in small letters. */
  has(words: string): boolean {
    return this.text.slice(this.text.indexOf('"key":')).toLowerCase().includes(words);
  }
}

/** A header's name or value as text. */
export function headerText(text: Text): string {
  if (text === null) return 'null';
  return typeof text === 'string' ? text : text.base64;
}
