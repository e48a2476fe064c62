import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Prepares statements once, under their names. */
export function prepareAll<Name extends string>(
  db: DatabaseSync,
  statements: Readonly<Record<Name, string>>,
): Readonly<Record<Name, StatementSync>> {
  const prepared = Object.entries<string>(statements).map(([name, sql]) => [name, db.prepare(sql)]);
  return Object.fromEntries(prepared) as Record<Name, StatementSync>;
}
