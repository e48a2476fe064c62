// @bnc/music-engine

import { Emotion, EpochMs, GitHubActivity, MusicalParameters, Score } from "@bnc/contracts";
/**
 * Writes the music that parameters describe, as data: when each note of each instrument sounds. Pure: the same
 * parameters give the same score in every process and browser. Takes the seed's four fields alone, fills in the rest,
 * and plays `pattern` as the lead where there is one. Costs well under a millisecond for a phrase of four bars.
 * @throws RangeError when a parameter lies outside its range: tempo 40-200 BPM, duration 0.1-600 s, 1-64 notes in
 * `scale`, density and intensity 0-1, a note or time that cannot be read, an unknown mode, emotion, gesture or theme.
 * @example compose({ tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 8 })
 */
export declare const compose: (params: MusicalParameters) => Score;
/**
 * Explains parameters in short sentences, most important first. Where they hold no reasons, says what they are.
 * @example explain(mapActivity(activity)) // ['Pull request merged: G major, Iadd9 V vim7 IVmaj7 V I.', ...]
 */
export declare const explain: (params: MusicalParameters) => string[];
/**
 * Says what an activity feels like.
 * @example emotionOf(mergedPullRequest) // 'resolution'
 */
export declare const emotionOf: (activity: GitHubActivity) => Emotion;
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
 * @throws RangeError when there is no activity.
 */
export declare const strongestOf: (activities: GitHubActivity | readonly GitHubActivity[]) => GitHubActivity;
/**
 * Decides what activities of one repository sound like. Pure: the same activities and context give the same
 * parameters, in any order. Several activities become one phrase: the strongest gives it its character, the others
 * make it longer and denser and add their cats. Every choice leaves a reason. Costs well under a millisecond for one
 * activity.
 * @throws RangeError when there is no activity.
 */
export declare const mapActivity: (activities: GitHubActivity | readonly GitHubActivity[], { theme, ...context }?: MapContext) => MusicalParameters;
/** How busy a room has been lately: the one small thing a server keeps per room for its tempo. */
interface RecentActivity {
  /** Commits an hour, an average in which the past counts half as much every 30 minutes; ≥ 0. */
  readonly commitsPerHour: number;
  /** The moment the average speaks of. */
  readonly at: EpochMs;
}
/**
 * Adds an activity to the average. Pure; the same activities in the same order give the same state.
 * Only pushes count (at most 20 commits each); everything else lets time pass.
 * @param state - what the last call answered; undefined for a room without past
 * @param at - the moment of the activity. Default: `activity.occurredAt`; a server passes the time of receipt, because
 * payloads carry the clocks of strangers. An activity older than the state counts with what is left of it.
 */
export declare const foldTempo: (state: RecentActivity | undefined, activity: GitHubActivity, at?: EpochMs) => RecentActivity;
export type { MapContext, RecentActivity, Theme };

// @bnc/music-engine/midi

import { Score } from "@bnc/contracts";
/**
 * Writes a score as a Standard MIDI File, one track per instrument, for use in other music programs. Drums go to
 * channel 10 with their General MIDI keys; our voices get the General MIDI programs nearest to them.
 */
export declare const toMidi: (score: Score) => Uint8Array;
