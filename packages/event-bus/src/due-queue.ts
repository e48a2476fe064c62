import { startTimer, type Timer } from './timer.ts';

interface Item<T> {
  readonly due: number;
  /** Of two items that are due at the same time, the one that was added first comes first. */
  readonly place: number;
  readonly value: T;
}

/** Longest time between two looks, in milliseconds, as a wall clock may have jumped. */
const lookMs = 60_000;

/**
 * Values that wait for their time, with one timer for all of them. Adding and taking cost the logarithm of the size.
 */
export class DueQueue<T> {
  readonly #now: () => number;
  readonly #onDue: () => void;
  /** A heap: the item at `i` is due before those at `2 * i + 1` and `2 * i + 2`. */
  #heap: Item<T>[] = [];
  /** Values that were announced as due and are not taken yet. */
  #due: T[] = [];
  #added = 0;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /** `onDue` is called when something has become due. Values that it does not take are not announced again. */
  constructor(now: () => number, onDue: () => void) {
    this.#now = now;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#heap.length + this.#due.length;
  }

  add(due: number, value: T): void {
    const item = { due, place: ++this.#added, value };
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (!parent || isBefore(parent, item)) {
        break;
      }
      heap[at] = parent;
      heap[above] = item;
      at = above;
    }
    if (due < this.#timerAt) {
      this.#wait(due);
    }
  }

  /** Takes the value that is due first, if its time has come. */
  take(): T | undefined {
    return this.#due.shift() ?? this.#pop();
  }

  /** Removes the values that match, and returns how many there were. */
  remove(matches: (value: T) => boolean): number {
    const { size } = this;
    this.#due = this.#due.filter((value) => !matches(value));
    // A sorted list is a heap.
    this.#heap = this.#heap.filter(({ value }) => !matches(value)).toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
    return size - this.size;
  }

  clear(): void {
    this.#heap = [];
    this.#due = [];
    this.#timer?.stop();
  }

  #pop(): T | undefined {
    const [first] = this.#heap;
    if (!first || first.due > this.#now()) {
      return undefined;
    }
    const last = this.#heap.pop();
    if (last && last !== first) {
      this.#sink(last);
    }
    return first.value;
  }

  #sink(item: Item<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const child = right && left && isBefore(right, left) ? right : left;
      if (!child || isBefore(item, child)) {
        heap[at] = item;
        return;
      }
      heap[at] = child;
      at = 2 * at + (child === left ? 1 : 2);
    }
  }

  #wait(due: number): void {
    this.#timer?.stop();
    this.#timerAt = due;
    this.#timer = startTimer(Math.min(Math.max(0, due - this.#now()), lookMs), () => this.#look());
  }

  #look(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const before = this.#due.length;
    for (let value = this.#pop(); value !== undefined; value = this.#pop()) {
      this.#due.push(value);
    }
    const [next] = this.#heap;
    if (next) {
      this.#wait(next.due);
    }
    if (this.#due.length > before) {
      this.#onDue();
    }
  }
}

function isBefore<T>(a: Item<T>, b: Item<T>): boolean {
  return a.due === b.due ? a.place < b.place : a.due < b.due;
}
