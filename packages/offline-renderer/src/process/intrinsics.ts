/** An object that the language or the engine provides, and what it was like. */
interface Kept {
  readonly name: string;
  readonly object: object;
  readonly keys: readonly PropertyKey[];
  readonly descriptors: readonly (PropertyDescriptor | undefined)[];
}

// Taken before a module can replace them. What runs after it uses these and the plainest parts of the language.
const { defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;

/** Globals that hold functions only. Others, such as `process`, have a state of their own. */
const namespaces: readonly string[] = ['Atomics', 'Intl', 'JSON', 'Math', 'Reflect', 'WebAssembly'];

/** Objects that have no name of their own. */
const unnamed: readonly (readonly [name: string, object: unknown])[] = [
  ['array iterator', [].values()],
  ['map iterator', new Map().values()],
  ['set iterator', new Set().values()],
  ['string iterator', ''[Symbol.iterator]()],
  ['generator', (function* (): Generator<void> {})()],
  ['async generator', (async function* (): AsyncGenerator<void> {})()],
];

/**
 * Records what the language and the engine provide: every global function, its prototype, and namespaces such as
 * `Math`.
 * @param engine The classes of the engine.
 * @returns a function that puts back what has been changed since, and names the first part that cannot be put back. New
 * globals stay.
 */
export function keepIntrinsics(engine: Readonly<Record<string, unknown>>): () => string | undefined {
  const kept: Kept[] = [];
  const seen = new Set<object>();
  const keep = (name: string, object: unknown): void => {
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null || seen.has(object)) return;
    seen.add(object);
    const keys = ownKeys(object);
    kept.push({ name, object, keys, descriptors: keys.map((key) => getOwnPropertyDescriptor(object, key)) });
    if (typeof object === 'function') keep(`${name}.prototype`, object.prototype);
  };
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value: unknown = getOwnPropertyDescriptor(globalThis, name)?.value;
    if (typeof value === 'function' || namespaces.includes(name)) keep(name, value);
  }
  for (const [name, object] of [...unnamed, ...Object.entries(engine), ['globalThis', globalThis] as const]) {
    keep(name, object);
  }
  // Grows while it is gone through: prototypes have prototypes.
  for (const { name, object } of kept) keep(`the prototype of ${name}`, getPrototypeOf(object));
  return () => restore(kept);
}

/** Calls nothing that a module may have replaced. */
function restore(kept: readonly Kept[]): string | undefined {
  let fixed: string | undefined;
  for (let i = 0; i < kept.length; i++) {
    const { name, object, keys, descriptors } = kept[i] as Kept;
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as PropertyKey;
      const before = descriptors[k] as PropertyDescriptor;
      const now = getOwnPropertyDescriptor(object, key);
      const isSame = now && now.value === before.value && now.get === before.get && now.set === before.set;
      if (!isSame && !defineProperty(object, key, before)) fixed ??= `${name}.${String(key)}`;
    }
    const added = object === globalThis ? [] : ownKeys(object);
    for (let k = 0; k < added.length; k++) {
      const key = added[k] as PropertyKey;
      if (!isAmong(keys, key) && !deleteProperty(object, key)) fixed ??= `${name}.${String(key)}`;
    }
  }
  return fixed;
}

function isAmong(keys: readonly PropertyKey[], key: PropertyKey): boolean {
  for (let k = 0; k < keys.length; k++) if (keys[k] === key) return true;
  return false;
}
