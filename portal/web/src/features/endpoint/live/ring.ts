// The newest of what came, bounded in number and in size: what is older goes.

export interface Sized {
  /** Its length in characters. */
  size: number;
}

export class Ring<T extends Sized> {
  readonly #slots: (T | undefined)[];
  #next = 0;
  #length = 0;
  #size = 0;

  constructor(
    readonly most: number,
    readonly sizeMax: number,
  ) {
    this.#slots = new Array<T | undefined>(most);
  }

  get length(): number {
    return this.#length;
  }

  /** Takes one in; the newest stays whatever its size is. */
  push(item: T): void {
    if (this.#length === this.most) this.#dropOldest();
    this.#slots[this.#next] = item;
    this.#next = (this.#next + 1) % this.most;
    this.#length++;
    this.#size += item.size;
    while (this.#size > this.sizeMax && this.#length > 1) this.#dropOldest();
  }

  /** All that is kept, the newest first. */
  newest(): T[] {
    const items: T[] = [];
    for (let back = 1; back <= this.#length; back++) {
      const item = this.#slots[(this.#next - back + this.most) % this.most];
      if (item !== undefined) items.push(item);
    }
    return items;
  }

  clear(): void {
    this.#slots.fill(undefined);
    this.#next = 0;
    this.#length = 0;
    this.#size = 0;
  }

  #dropOldest(): void {
    const at = (this.#next - this.#length + this.most) % this.most;
    this.#size -= this.#slots[at]?.size ?? 0;
    this.#slots[at] = undefined;
    this.#length--;
  }
}
