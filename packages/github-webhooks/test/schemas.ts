import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { type Example, examples } from './deliveries.ts';

const schemas = createRequire(import.meta.url)('@octokit/webhooks-schemas') as {
  readonly definitions: Readonly<Record<string, object>>;
};
const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(schemas, 'webhooks');

/** Returns where a payload differs from GitHub's schema of its event and action; empty when it does not. */
export function schemaErrors({ event, payload }: Example): string {
  const { action } = payload;
  const named = `${event}$${typeof action === 'string' ? action : 'event'}`;
  const definition = named in schemas.definitions ? named : `${event}_event`;
  const validate = ajv.getSchema(`webhooks#/definitions/${definition}`);
  if (!validate) return `There is no schema of ${definition}.`;
  return validate(payload) ? '' : ajv.errorsText(validate.errors);
}

/** Returns the first example of an event that has today's schema: some examples are of older servers. */
export function modernExample(event: string, action?: string): Example['payload'] {
  const found = examples.find(
    (each) => each.event === event && (!action || each.payload.action === action) && schemaErrors(each) === '',
  );
  if (!found) throw new Error(`No example of ${event} ${action} has today's schema.`);
  return found.payload;
}
