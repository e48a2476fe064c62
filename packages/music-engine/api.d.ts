// @bnc/music-engine

import { Emotion, EpochMs, GitHubActivity, MusicalParameters, Score, Tell } from "@bnc/contracts";
/**
 * Writes the music that parameters describe, as data: when each note of each instrument sounds. Pure: the same
 * parameters give the same score in every process and browser. Takes the seed's four fields alone, fills in the rest,
 * and plays `pattern` as the lead where there is one. Costs well under a millisecond for a phrase of four bars.
 * @throws {RangeError} when a parameter lies outside its range: tempo 40-200 BPM, duration 0.1-600 s, 1-64 notes in
 * `scale`, density and intensity 0-1, a note or time that cannot be read, an unknown mode, emotion, gesture or theme.
 * @example compose({ tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 8 })
 */
export declare function compose(params: MusicalParameters): Score;
/**
 * Explains parameters in short sentences, most important first. Where they hold no reasons, says what they are.
 * @example explain(mapActivity(activity)) // ['Pull request merged: G major, Iadd9 V vim7 IVmaj7 V I.', ...]
 */
export declare function explain(params: MusicalParameters): string[];
/** One kind of happenings in a room. */
interface Kind {
  readonly key: string;
  /** When it was told last, oldest first: as far back as it matters. */
  readonly told: readonly EpochMs[];
  /** What waits to be told with more of its kind. */
  readonly held: readonly GitHubActivity[];
  /** How often it has been told as a count; absent for what is no flood. */
  readonly counts?: number;
  /** When `held` is told. */
  readonly due?: EpochMs;
  /** When `held` is told at the latest. */
  readonly latest?: EpochMs;
}
/** What a room remembers of its waves and floods: plain data. Bounded: 200 kinds, which hold 500 activities together. */
interface GatherState {
  readonly kinds: readonly Kind[];
  /** When `gather` has something to tell though nothing more comes; absent for never. */
  readonly due?: EpochMs;
}
/** What came of gathering. */
interface Gathered {
  readonly state: GatherState;
  /** What is to be told now: each list in one phrase. */
  readonly ready: readonly (readonly GitHubActivity[])[];
}
/**
 * Gathers what happens many times into one telling: a wave of a program (fifteen pull requests opened in a minute), a
 * stack of branches that is rebased, small things that somebody does one after the other, a kind that has been told six
 * times within an hour. News is never held: merges of people's work, releases, deployments and who waits for their
 * approval, alerts, bad news of people, and every change of the default branch's colour.
 * Pure; call it again without an activity when `state.due` has come.
 */
export declare function gather(state: GatherState | undefined, activity: GitHubActivity | undefined, at: EpochMs): Gathered;
/**
 * Says what an activity feels like.
 * @example emotionOf(mergedPullRequest) // 'resolution'
 */
export declare function emotionOf(activity: GitHubActivity): Emotion;
/** Names of the themes, the default first. */
export declare const themes: readonly ["chamber", "ambient", "8-bit", "lofi"];
/** How music is arranged: the same rules in another dress. */
type Theme = (typeof themes)[number];
/** What is known of the room besides the activities. */
interface MapContext {
  /** How busy the room has been, from `foldTempo`; ≥ 0. Default: the commits of these activities. */
  readonly commitsPerHour?: number;
  /** The arrangement. Default `chamber`. */
  readonly theme?: Theme;
}
/**
 * Says which of several activities gives their common phrase its character: the strongest, bad news before good, of
 * equals the last.
 * @throws {RangeError} when there is no activity.
 */
export declare function strongestOf(activities: GitHubActivity | readonly GitHubActivity[]): GitHubActivity;
/**
 * Decides what activities of one repository sound like. Pure: the same activities and context give the same
 * parameters, in any order. Several activities become one phrase: the strongest gives it its character, the others
 * make it longer and denser and add their cats. Every choice leaves a reason. Costs well under a millisecond for one
 * activity.
 * @throws {RangeError} when there is no activity.
 */
export declare function mapActivity(activities: GitHubActivity | readonly GitHubActivity[], { theme, ...context }?: MapContext): MusicalParameters;
/**
 * Tells everything that a phrase speaks for, grouped and counted by kind, most important first: `Merged pull request
 * #7: Purr`, `Opened 15 pull requests`, `12 passed, 3 failed: unit, e2e, docs`, `43 comments by 2 bots on #1626`. The
 * counts of all lines add up to the activities. Red builds of people, and builds that are green again, have a line each,
 * five of them at most.
 */
export declare function tellsOf(activities: readonly GitHubActivity[]): Tell[];
/** How busy a room has been lately: the one small thing a server keeps per room for its tempo. */
interface RecentActivity {
  /** Commits an hour, an average in which the past counts half as much every 30 minutes; ≥ 0. */
  readonly commitsPerHour: number;
  /** The moment the average speaks of. */
  readonly at: EpochMs;
}
/**
 * Adds an activity to the average. Pure; the same activities in the same order give the same state.
 * Only new commits of people count (at most 20 a push; a push of 100 or more is an import and counts nothing);
 * everything else lets time pass.
 * @param state - what the last call answered; undefined for a room without past
 * @param at - the moment of the activity. Default: `activity.occurredAt`; a server passes the time of receipt, because
 * payloads carry the clocks of strangers. An activity older than the state counts with what is left of it.
 */
export declare function foldTempo(state: RecentActivity | undefined, activity: GitHubActivity, at?: EpochMs): RecentActivity;
export type { GatherState, Gathered, MapContext, RecentActivity, Theme };

// @bnc/music-engine/midi

import { Score } from "@bnc/contracts";
/**
 * Writes a score as a Standard MIDI File, one track per instrument, for use in other music programs. Drums go to
 * channel 10 with their General MIDI keys; our voices get the General MIDI programs nearest to them.
 */
export declare function toMidi(score: Score): Uint8Array;

// @bnc/music-engine/mulberry32

/**
 * Makes a source of numbers in [0, 1). The same seed gives the same numbers in every engine. Not for secrets.
 *
 * @param seed An integer; its lowest 32 bits count.
 * @example
 * mulberry32(1)() // 0.6270739405881613
 */
export declare function mulberry32(seed: number): () => number;
