import type { operations } from '@octokit/openapi-webhooks-types';
import type { Untrusted } from './untrusted.ts';

type Snake<S extends string> = S extends `${infer A}-${infer B}` ? `${A}_${Snake<B>}` : S;
type Head<S extends string> = S extends `${infer A}/${string}` ? A : S;
type Tail<S extends string> = S extends `${string}/${infer B}` ? B : '';
type Operation = Extract<keyof operations, string>;

/** Every event that GitHub documents, as `X-GitHub-Event` spells it. */
export type EventName = Snake<Head<Operation>>;

type OperationOf<E extends EventName> = { [O in Operation]: Snake<Head<O>> extends E ? O : never }[Operation];

/** The actions that GitHub documents for an event; `''` for an event without actions. */
export type ActionOf<E extends EventName> = Snake<Tail<OperationOf<E>>>;

type BodyOf<O extends Operation> = operations[O] extends { requestBody?: { content: { 'application/json': infer B } } }
  ? B
  : never;

/** The documented payload of an event. */
export type PayloadOf<E extends EventName> = BodyOf<OperationOf<E>>;

/** The documented payload of an event, unchecked. */
export type Payload<E extends EventName> = Untrusted<PayloadOf<E>>;
