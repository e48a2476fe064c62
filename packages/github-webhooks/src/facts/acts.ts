import type { EpochMs, GitHubDelivery } from '@bnc/contracts';
import { type Draft, limits } from './facts.ts';

/** Deliveries that belong together come within this time, by the server's clock or the forge's. */
const togetherMs = 3000;
/** How long a delivery that people wait for is held back for the act that it may belong to. */
const shortMs = 400;
/** How long an act is remembered: deliveries of one moment may arrive this far apart. */
const keptMs = 60_000;

/** Reports a delivery as the head of an act. */
export type TellAct = (delivery: GitHubDelivery, act: string) => void;

/**
 * Puts a delivery where it belongs: it is part of an act that has been reported, or it is reported itself together with
 * what was waiting for it, or it waits.
 */
export function joinAct(draft: Draft, delivery: GitHubDelivery, at: EpochMs, tell: TellAct): void {
  const { ties, occurredAt, deliveryId } = delivery;
  if (!ties) {
    tell(delivery, deliveryId);
    return;
  }
  const now = { at, occurredAt };
  draft.acts = draft.acts.filter((act) => at - act.at < keptMs);
  const belongs =
    draft.acts.some((act) => near(act, now) && meet(ties.joins, act.absorbs)) ||
    draft.waiting.some(({ delivery: other }) => meet(ties.joins, other.ties?.absorbs));
  if (belongs) return;
  const companions = draft.waiting.filter(({ delivery: other }) => meet(ties.absorbs, other.ties?.joins));
  draft.waiting = draft.waiting.filter((one) => !companions.includes(one));
  const act = companions[0]?.act ?? deliveryId;
  if (ties.waits && draft.waiting.length < limits.waiting) {
    const until = at + (delivery.isBot || ties.waits === 'long' ? togetherMs : shortMs);
    draft.waiting = [...draft.waiting, { delivery, until, act }];
  } else beginAct(draft, delivery, act, at, tell);
}

/** Reports what has waited long enough. */
export function endWaits(draft: Draft, at: EpochMs, tell: TellAct): void {
  const over = draft.waiting.filter(({ until }) => until <= at);
  if (over.length === 0) return;
  draft.waiting = draft.waiting.filter(({ until }) => until > at);
  for (const { delivery, until, act } of over) beginAct(draft, delivery, act, until, tell);
}

function beginAct(draft: Draft, delivery: GitHubDelivery, act: string, at: EpochMs, tell: TellAct): void {
  const absorbs = delivery.ties?.absorbs ?? [];
  if (absorbs.length > 0) {
    draft.acts = [...draft.acts.slice(1 - limits.acts), { at, occurredAt: delivery.occurredAt, absorbs }];
  }
  tell(delivery, act);
}

/** Returns whether two lists share a word. Ignores words that end where a name should follow: the payload had none. */
function meet(some: readonly string[] = [], others: readonly string[] = []): boolean {
  return some.some((word) => !word.endsWith(' ') && others.includes(word));
}

function near(a: { at: EpochMs; occurredAt: EpochMs }, b: { at: EpochMs; occurredAt: EpochMs }): boolean {
  return Math.min(Math.abs(a.at - b.at), Math.abs(a.occurredAt - b.occurredAt)) <= togetherMs;
}
