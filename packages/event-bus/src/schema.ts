import { nameOf } from './check.ts';
import { BusError } from './errors.ts';
import { isPromise } from './subscriptions/subscription.ts';
import { assertPattern, TopicRouter } from './topic.ts';

/**
 * The part of Standard Schema that the bus uses. Zod, Valibot, ArkType and others implement it.
 * @see https://standardschema.dev
 */
export interface StandardSchema<Payload = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Payload> | Promise<SchemaResult<Payload>>;
    readonly types?: { readonly input: unknown; readonly output: Payload } | undefined;
  };
}

type SchemaResult<Payload> =
  | { readonly value: Payload; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Schemas by topic or pattern. */
export type Schemas<Events> = { readonly [Topic in keyof Events]?: StandardSchema<Events[Topic]> };

/** A map of events in which `*` in a topic stands for any text, as in the pattern of a schema. */
export type Topics<Events> = {
  [Topic in keyof Events as Topic extends string ? TemplateOf<Topic> : never]: Events[Topic];
};

type TemplateOf<Topic extends string> = Topic extends `${infer Head}**`
  ? `${Head}${string}`
  : Topic extends `${infer Head}*${infer Tail}`
    ? `${Head}${string}${TemplateOf<Tail>}`
    : Topic;

/** Checks payloads before they are stored. */
export class SchemaCheck {
  readonly #router = new TopicRouter<StandardSchema>();
  readonly #isEmpty: boolean;

  /** @throws {TypeError} when a pattern is malformed, or a value is not a Standard Schema. */
  constructor(schemas: Schemas<Record<string, unknown>>) {
    const entries = Object.entries(schemas).filter(
      (entry): entry is [string, StandardSchema] => entry[1] !== undefined,
    );
    this.#isEmpty = entries.length === 0;
    for (const [pattern, schema] of entries) {
      assertPattern(pattern);
      // Some schemas are functions.
      const { validate } = (schema as Partial<StandardSchema> | null)?.['~standard'] ?? {};
      if (typeof validate !== 'function') {
        throw new TypeError(`schemas['${pattern}'] must be a Standard Schema, got ${nameOf(schema)}`);
      }
      this.#router.add(pattern, schema);
    }
  }

  /**
   * Returns the payload to store.
   * @throws {BusError} `BUS_INVALID_PAYLOAD` when a schema does not accept the payload.
   * @throws {TypeError} when a schema returns a promise.
   */
  check(topic: string, payload: unknown): unknown {
    if (this.#isEmpty) {
      return payload;
    }
    let value = payload;
    for (const schema of this.#router.match(topic)) {
      const result = schema['~standard'].validate(value);
      if (isPromise(result)) {
        result.then(undefined, () => {});
        throw new TypeError(`the schema for ${topic} must check without waiting, got a promise`);
      }
      if (result.issues) {
        throw new BusError(
          'BUS_INVALID_PAYLOAD',
          `payload for ${topic} does not fit its schema: ${told(result.issues)}`,
        );
      }
      ({ value } = result);
    }
    return value;
  }
}

function told(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, 3).map(({ message, path = [] }) => {
    const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  return (shown.join('; ') || 'it was not accepted').slice(0, 500);
}
