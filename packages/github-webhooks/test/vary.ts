type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Returns a copy with some of it replaced: objects are merged, everything else takes the place of what was there, and
 * `undefined` takes it away.
 */
export function vary(base: Fields, patch: Fields): Record<string, unknown> {
  const copy = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const old = copy[key];
    if (value === undefined) delete copy[key];
    else copy[key] = isObject(value) && isObject(old) ? vary(old, value) : value;
  }
  return copy;
}
