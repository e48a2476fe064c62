import { readFileSync } from 'node:fs';
import { deliveryOf, type FieldsOf, type StoryEvent } from './delivery.ts';
import type { Scene } from './payload-parts.ts';
import type { TimedDelivery } from './play-story.ts';

/** A line of a story's file: a delivery, or many that differ by a number only. */
interface Step {
  /** Milliseconds since the story began. */
  readonly afterMs: number;
  readonly event: StoryEvent;
  /** How often it comes. Default: once. */
  readonly times?: number;
  /** Milliseconds between one and the next. */
  readonly everyMs?: number;
  readonly deliveryId?: string;
  /** The repository's name from now on. */
  readonly repository?: string;
}

/** A story as its file holds it: the fields of {@link Step} and, beside them, what the builder of the event takes. */
interface StoryFile {
  /** What happens, in a sentence. */
  readonly about: string;
  readonly startsAt: string;
  readonly repository: string;
  /** What those who listen are told. */
  readonly told: readonly string[];
  readonly deliveries: readonly Step[];
}

/** A story, ready to be played. */
export interface Story {
  readonly about: string;
  readonly startsAt: number;
  readonly deliveries: readonly TimedDelivery[];
  readonly told: readonly string[];
}

/** Writes a count for `{n}`, and for `{100+n}` 100 more: as a number where nothing else is there. */
function counted(value: unknown, n: number): unknown {
  if (typeof value !== 'string') return value;
  const [whole, base] = /^\{(?:(\d+)\+)?n\}$/.exec(value) ?? [];
  if (whole !== undefined) return n + Number(base ?? 0);
  return value.replaceAll(/\{(?:(\d+)\+)?n\}/g, (_match, more: string | undefined) => String(n + Number(more ?? 0)));
}

function expand(step: Step, scene: Omit<Scene, 'at'>, startsAt: number): TimedDelivery[] {
  const { afterMs, event, times = 1, everyMs = 0, deliveryId, repository: _repository, ...fields } = step;
  return Array.from({ length: times }, (_, index) => {
    const own = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, counted(value, index + 1)]));
    const at = afterMs + index * everyMs;
    return {
      afterMs: at,
      ...deliveryOf(event, { ...scene, at: startsAt + at }, own as unknown as FieldsOf<StoryEvent>),
      ...(deliveryId !== undefined && { deliveryId }),
    };
  });
}

/** Reads a story's file, such as `01-a-pull-request.json`. */
export function readStory(name: string): Story {
  const file = JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as StoryFile;
  const startsAt = Date.parse(file.startsAt);
  let repoId = file.repository;
  const deliveries = file.deliveries.flatMap((step) => {
    repoId = step.repository ?? repoId;
    return expand(step, { repoId, repositoryId: 4711 }, startsAt);
  });
  return { ...file, startsAt, deliveries: deliveries.toSorted((a, b) => a.afterMs - b.afterMs) };
}
