/** What is read of the schema of a body. */
export interface BodySchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, BodySchema>>;
  readonly required?: readonly string[];
  readonly items?: BodySchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
}

/** JSON texts, of which at least one is wrong wherever it stands. */
const wrong: readonly string[] = [
  'null',
  'true',
  '-1',
  '0.5',
  '1e999',
  '9007199254740993',
  '""',
  '"\\u0000"',
  '"../../canary"',
  '"<script>"',
  '"__proto__"',
  JSON.stringify('a'.repeat(5000)),
  '[]',
  '[null]',
  '[[]]',
  JSON.stringify(Array.from({ length: 300 }, () => 'a')),
  '{}',
  '{"constructor":{"prototype":{"isOperator":true}}}',
  '{"toString":null}',
];

/** Where the wrong text goes. */
const mark = '"\u0001"';

/** Bodies that fit a schema but for one place, with that place. */
export function* wrongBodies(schema: BodySchema): Generator<{ readonly place: string; readonly body: string }> {
  for (const [place, body] of markedIn(schema)) {
    for (const text of wrong) yield { place, body: body.replace(mark, text) };
  }
}

/** JSON texts of a value that fits, each with a mark in another place. */
function* markedIn(schema: BodySchema): Generator<readonly [place: string, text: string]> {
  yield ['', mark];
  const { properties = {}, items } = schema;
  const whole = fitting(schema);
  for (const [name, part] of Object.entries(properties)) {
    for (const [place, text] of markedIn(part)) {
      const others = Object.entries(whole as object).filter(([other]) => other !== name);
      const fields = others.map(([other, value]) => `${JSON.stringify(other)}:${JSON.stringify(value)}`);
      yield [`.${name}${place}`, `{${[...fields, `${JSON.stringify(name)}:${text}`].join()}}`];
    }
  }
  if (!items) return;
  const rest = (whole as readonly unknown[]).slice(1).map((value) => `,${JSON.stringify(value)}`);
  for (const [place, text] of markedIn(items)) yield [`[]${place}`, `[${text}${rest.join('')}]`];
}

/** A value that fits a schema, with what it must have and no more. */
function fitting({
  type,
  properties = {},
  required = [],
  items,
  minItems = 0,
  minimum = 0,
  ...rest
}: BodySchema): unknown {
  if (rest.enum) return rest.enum[0];
  const [kind] = [type ?? 'object'].flat();
  if (kind === 'object') {
    return Object.fromEntries(required.map((name) => [name, fitting(properties[name] ?? {})]));
  }
  if (kind === 'array') return Array.from({ length: Math.max(1, minItems) }, () => fitting(items ?? {}));
  if (kind === 'string') return rest.pattern?.includes(':') ? '07:00' : 'octo/cat';
  return kind === 'boolean' ? true : minimum;
}
