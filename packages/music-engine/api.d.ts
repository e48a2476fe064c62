// @bnc/music-engine

import { Emotion, EpochMs, GitHubActivity, MusicalParameters, Score, Tell } from "@bnc/contracts";
/**
 * Writes the music that parameters describe, as data: when each note of each instrument sounds. Pure: the same
 * parameters give the same score in every process and browser. The four required fields are enough; the rest is filled
 * in, and a `pattern` is played as the lead. Takes well under a millisecond for a phrase of four bars.
 * @throws {RangeError} when a parameter lies outside its range: tempo 40-200 BPM, duration 0.1-600 s, 1-64 notes in
 * `scale`, density and intensity 0-1, a note or time that cannot be read, an unknown mode, emotion, gesture or theme.
 * @example compose({ tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 8 })
 */
export declare function compose(params: MusicalParameters): Score;
/**
 * Explains parameters in short sentences, the most important first. Parameters without reasons are described instead.
 * @example explain(mapActivity(activity)) // ['Pull request merged: G major, Iadd9 V vim7 IVmaj7 V I.', ...]
 */
export declare function explain(params: MusicalParameters): string[];
/** One kind of happenings in a room. */
interface Kind {
  readonly key: string;
  /** When it was played, oldest first, as far back as it matters. */
  readonly told: readonly EpochMs[];
  /** What waits for more of its kind. */
  readonly held: readonly GitHubActivity[];
  /** How often a flood has been played as a count. Absent for a kind that is not a flood. */
  readonly counts?: number;
  /** When `held` is played. */
  readonly due?: EpochMs;
  /** When `held` is played at the latest. */
  readonly latest?: EpochMs;
}
/** What a room remembers of its waves and floods. Plain data of at most 200 kinds, which hold at most 500 activities together. */
interface GatherState {
  readonly kinds: readonly Kind[];
  /** When to call `gather` again even if nothing more comes. Absent when nothing is held. */
  readonly due?: EpochMs;
}
/** What `gather` returns. */
interface Gathered {
  /** Pass it to the next call. */
  readonly state: GatherState;
  /** What to play now: each list is one phrase. */
  readonly ready: readonly (readonly GitHubActivity[])[];
}
/**
 * Gathers activities that happen many times, so that they become one phrase: a wave of a program (fifteen pull requests
 * opened in a minute), a rebased stack of branches, small things that one person does in a row, a kind that has been
 * played six times within an hour. News is never held: merges of people's work, releases, deployments and requests to
 * approve them, alerts, bad news of people, and every change of the default branch between green and red.
 * Pure. Call it again without an activity when `state.due` has come.
 */
export declare function gather(state: GatherState | undefined, activity: GitHubActivity | undefined, at: EpochMs): Gathered;
/**
 * Says what an activity feels like.
 * @example emotionOf(mergedPullRequest) // 'resolution'
 */
export declare function emotionOf(activity: GitHubActivity): Emotion;
/** Names of the themes, the default first. */
export declare const themes: readonly ["chamber", "ambient", "8-bit", "lofi"];
/** How music is arranged. All themes follow the same rules. */
type Theme = (typeof themes)[number];
/** What is known of the room apart from the activities. */
interface MapContext {
  /** How busy the room has been, from `foldTempo`; ≥ 0. Default: the commits of these activities. */
  readonly commitsPerHour?: number;
  /** The arrangement. Default `chamber`. */
  readonly theme?: Theme;
}
/**
 * Finds the activity that gives a phrase its character: the strongest one. Bad news counts for more than good news; of
 * equals, the last one wins.
 * @throws {RangeError} when there is no activity.
 */
export declare function strongestOf(activities: GitHubActivity | readonly GitHubActivity[]): GitHubActivity;
/**
 * Decides what activities of one repository sound like. Pure: the same activities and context give the same
 * parameters, in any order. Several activities become one phrase: the strongest gives it its character, the others
 * make it longer and denser and add their cats. Every choice has a reason in `reasons`. Takes well under a millisecond
 * for one activity.
 * @throws {RangeError} when there is no activity.
 */
export declare function mapActivity(activities: GitHubActivity | readonly GitHubActivity[], { theme, ...context }?: MapContext): MusicalParameters;
/**
 * Describes what a phrase reports, one line per kind, the most important first: `Merged pull request #7: Purr`, `Opened
 * 15 pull requests`, `12 passed, 3 failed: unit, e2e, docs`, `43 comments by 2 bots on #1626`. The counts of all lines
 * add up to the number of activities. Failed builds of people, and builds that pass again, have a line each, at most
 * five in all.
 */
export declare function tellsOf(activities: readonly GitHubActivity[]): Tell[];
/** How busy a room has been lately. A server keeps one of these small objects per room. */
interface RecentActivity {
  /** Commits an hour, an average in which the past counts half as much every 30 minutes; ≥ 0. */
  readonly commitsPerHour: number;
  /** The moment of the average. */
  readonly at: EpochMs;
}
/**
 * Adds an activity to the average. Pure; the same activities in the same order give the same state.
 * Only new commits of people count: at most 20 a push, and none of a push of 100 or more, which is an import. Any other
 * activity only lets time pass.
 * @param state - what the last call returned; undefined for a room without a past
 * @param at - the moment of the activity. Default: `activity.occurredAt`. A server passes the time of receipt, because
 * the clocks behind payloads may be wrong. An activity older than the state counts for less, as if it had come in time.
 */
export declare function foldTempo(state: RecentActivity | undefined, activity: GitHubActivity, at?: EpochMs): RecentActivity;
export type { GatherState, Gathered, MapContext, RecentActivity, Theme };

// @bnc/music-engine/midi

import { Score } from "@bnc/contracts";
/**
 * Writes a score as a Standard MIDI File, with one track for each track of the score, for use in other music programs. Drums go to
 * channel 10 with their General MIDI keys; the other voices get the nearest General MIDI programs. The caller owns the
 * bytes.
 *
 * @example
 * await writeFile('phrase.mid', toMidi(compose(params)));
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
