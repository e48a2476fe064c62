import { buildPayloads } from './build-payloads.ts';
import { issuePayloads } from './issue-payloads.ts';
import type { Json, Scene } from './payload-parts.ts';
import { pullPayloads } from './pull-payloads.ts';
import { releasePayloads } from './release-payloads.ts';
import { repositoryPayloads } from './repository-payloads.ts';

/** A delivery as GitHub would send it, before it is signed. */
export interface Delivery {
  readonly event: string;
  readonly payload: object;
}

/** Payloads in the shapes that GitHub documents, with the fields that tell something. */
const payloads = { ...repositoryPayloads, ...pullPayloads, ...issuePayloads, ...buildPayloads, ...releasePayloads };

type Payloads = typeof payloads;

/** Events that have a builder. */
export type StoryEvent = keyof Payloads;

/** What the builder of an event takes. */
export type FieldsOf<E extends StoryEvent> = Parameters<Payloads[E]>[1];

/** Builds a delivery of one event. */
export function deliveryOf<E extends StoryEvent>(event: E, scene: Scene, fields: FieldsOf<E>): Delivery {
  const build = payloads[event] as (scene: Scene, fields: unknown) => Json;
  return { event, payload: build(scene, fields) };
}
