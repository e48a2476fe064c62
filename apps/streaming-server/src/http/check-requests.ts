import { Ajv, type ErrorObject } from 'ajv';
import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.ts';

/**
 * A part of a schema: values that do not match it are refused with its code and its sentence, in which `{value}` stands
 * for the value of that part.
 */
export interface Refusing {
  readonly 'x-refusal'?: readonly [code: string, message: string];
}

/** The parts of a schema that are read to find the refusal for a value. */
interface SchemaPart extends Refusing {
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly items?: SchemaPart;
}

/**
 * Checks requests by the schemas of their routes. Texts in paths and queries become numbers if the schema says so;
 * bodies are taken as they are. Responses are written by `JSON.stringify`: schemas describe them, and remove nothing.
 */
export function checkRequests(app: FastifyInstance): void {
  const options = { strict: true, allowUnionTypes: true, keywords: ['x-refusal'] };
  // With strict numbers, bounds are not checked for infinity, which `1e999` becomes.
  const texts = new Ajv({ ...options, coerceTypes: true, useDefaults: true, strictNumbers: false });
  const values = new Ajv(options);
  app.setValidatorCompiler<SchemaPart>(({ schema, httpPart }) => {
    const check = (httpPart === 'body' ? values : texts).compile(schema);
    return (value: unknown) => (check(value) ? { value } : { error: refusalOf(schema, value, check.errors?.[0]) });
  });
  app.setSerializerCompiler(() => JSON.stringify);
}

/** Returns the refusal of the part that an error is about, or of the nearest part around it. */
function refusalOf(schema: SchemaPart, value: unknown, error: ErrorObject | undefined): HttpError {
  const missing = (error?.params as { readonly missingProperty?: string } | undefined)?.missingProperty;
  const path = [...(error?.instancePath ?? '').split('/').slice(1), ...(missing === undefined ? [] : [missing])];
  let part: SchemaPart | undefined = schema;
  let given = value;
  let refusal = schema['x-refusal'];
  let refused = value;
  for (const name of path) {
    part = part?.properties?.[name] ?? part?.items;
    given = (given as Readonly<Record<string, unknown>> | null | undefined)?.[name];
    if (!part?.['x-refusal']) continue;
    refusal = part['x-refusal'];
    refused = given;
  }
  const [code, message] = refusal ?? ['REQUEST_INVALID', `${path.join('.') || 'The request'} ${error?.message}.`];
  return new HttpError(
    400,
    code,
    message.replace('{value}', () => JSON.stringify(refused)?.slice(0, 60) ?? 'nothing'),
  );
}
