// @bnc/music-engine

import { Bpm, Emotion, EpochMs, GitHubActivity, Lufs, MusicalParameters, Score, Tell } from "@bnc/contracts";
/**
 * Writes the music that parameters describe, as data: when each note of each instrument sounds. Pure: the same
 * parameters give the same score in every process and browser. The four required fields are enough; the rest is filled
 * in. A `pattern` is the lead, counted from the first bar line: it is played exactly as it is, or, where `chords` are
 * given too, performed like the rest. All notes lie after the `upbeat`, except those of the sign and the signature,
 * which begin at 0 and 0.3 s. Takes well under a millisecond for a phrase of four bars.
 * @throws {RangeError} when a parameter lies outside its range: tempo 40-200 BPM, duration 0.1-600 s, upbeat 0-60 s and
 * no longer than the duration, loudness -60 to -5 LUFS, 1-64 notes in `scale`, density and intensity 0-1, a note, chord
 * or time that cannot be read, an unknown mode, emotion, gesture, cadence, theme, sign or signature.
 * @example compose({ tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 8 })
 */
export declare function compose(params: MusicalParameters): Score;
/**
 * Explains parameters in short sentences, the most important first. Parameters without reasons are described instead.
 * @example explain(mapActivity(activity)) // ['Pull request merged: a plucked sign on the left, then 4 bars.', ...]
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
/**
 * Finds the activity that gives a phrase its character: the strongest one. Bad news counts for more than good news; of
 * equals, the last one wins.
 * @throws {RangeError} when there is no activity.
 */
export declare function strongestOf(activities: GitHubActivity | readonly GitHubActivity[]): GitHubActivity;
/** Names of the themes, the default first. */
export declare const themes: readonly ["chamber", "ambient", "8-bit", "lofi"];
/** How music is arranged. All themes follow the same rules. */
type Theme = (typeof themes)[number];
/** What is known of the room apart from the activities. */
interface MapContext {
  /**
   * How busy the room has been before, in commits an hour, ≥ 0; the commits of these activities are added. Default 0.
   */
  readonly commitsPerHour?: number;
  /** The arrangement. Default `chamber`. */
  readonly theme?: Theme;
}
/**
 * Decides what activities of one repository sound like by themselves: as the first phrase of a room that was silent. Pure:
 * the same activities and context give the same parameters, in any order. Several activities become one phrase: the
 * strongest gives it its character, the others make it longer and denser and add their cats. Every choice has a reason in
 * `reasons`. Takes about a millisecond for one activity.
 * @throws {RangeError} when there is no activity.
 */
export declare function mapActivity(activities: GitHubActivity | readonly GitHubActivity[], { theme, commitsPerHour }?: MapContext): MusicalParameters;
/** The running beat of a room: cycles of 16 bars of four beats, one after the other without end. */
interface Clock {
  /** A moment at which a cycle begins. */
  readonly line: EpochMs;
  /** Tempo from there on; whole. */
  readonly tempo: Bpm;
}
/**
 * What a room remembers of a lead: two characters a note, its step and its degree. It holds no key and no chords, so
 * that it can be quoted in others. At most 96 characters.
 */
type LeadLine = string;
/** A lead that a room remembers, and what it was about: 32 bits of a hash of its subject, and of its branch. */
type Remembered = readonly [line: LeadLine, ...about: readonly number[]];
/** An average of how much happens in an hour, in which the past counts half as much with each half-life. */
interface Pace {
  /** How much an hour, ≥ 0. */
  readonly perHour: number;
  /** The moment of the average. */
  readonly at: EpochMs;
}
/**
 * Who has which signature in a room, those heard last at the end: 24 bits of a hash of the login, times 128, plus the
 * place.
 */
type Roster = readonly number[];
/** A kind, as 32 bits of a hash of its name; how often it was heard, each time within 20 minutes of the time before; and when last. */
type Heard$1 = readonly [kind: number, times: number, last: EpochMs];
/** Which happenings a room plays: all of them, those that matter (work, results, milestones, bad news), or only bad news. */
type Heard = "everything" | "important" | "failures";
/** Hours of the day in which a room plays nothing, by the clock of a place. */
interface QuietHours {
  /** When they begin, as hours and minutes, such as `22:00`. */
  readonly from: string;
  /** When they end, such as `07:00`; before `from`, they end on the next day. */
  readonly to: string;
  /** Time zone by its IANA name, such as `Europe/Berlin`. `checkSettings` fills in `UTC` where it is missing. */
  readonly timeZone: string;
}
/** What an operator chooses for a room. */
interface RoomSettings {
  /** The arrangement. Default `chamber`. */
  readonly theme?: Theme;
  /** Whether a bed sounds under the phrases. Default true. */
  readonly bed?: boolean;
  /** Slowest and fastest tempo in whole BPM, each 40-200. Default: the theme's, within 60-108. */
  readonly tempo?: readonly [slowest: Bpm, fastest: Bpm];
  /** Hours without sound. Default: none. */
  readonly quietHours?: QuietHours;
  /** What is played. Default `everything`. */
  readonly heard?: Heard;
}
/**
 * Checks settings that come from outside, and returns a copy.
 * @throws {TypeError} when `value` or `quietHours` is not an object, or `bed` is not a boolean
 * @throws {RangeError} when another setting has a value that it cannot have, or when there is no such setting
 */
export declare function checkSettings(value: unknown): RoomSettings;
/** Tells whether a moment lies in the quiet hours of a room. */
export declare function isQuiet({ quietHours }: RoomSettings, at: EpochMs): boolean;
/**
 * How things stand in a room, which its bed tells: `red` while the default branch is broken, `deploying` for up to 30
 * minutes after a deployment began, `quiet` after 3 hours in which nothing happened, else `green`.
 */
type Standing = "green" | "red" | "deploying" | "quiet";
/** What a room knows of how things stand. */
interface StandingState {
  /** True when the last verdict on the default branch was bad. */
  readonly isRed?: boolean;
  /** When a deployment began that has not ended. */
  readonly deployingSince?: EpochMs;
  /** When the last thing happened. */
  readonly last?: EpochMs;
}
/** Version of the states that this engine writes. */
declare const roomVersion = 1;
/** What a phrase leaves behind while it sounds. */
interface SoundingPhrase {
  /** When its last bar ends. */
  readonly until: EpochMs;
  /** True for bad news, which nothing interrupts. */
  readonly isUrgent: boolean;
}
/** All that a room's music remembers: plain JSON of at most 4 kB, whatever happens. What is not there has not happened. */
interface RoomState {
  readonly version: typeof roomVersion;
  /** GitHub's numeric id of the repository, or another number; the home note comes from it. */
  readonly repositoryId: number;
  readonly settings: RoomSettings;
  readonly clock?: Clock;
  /** Commits an hour: they set the tempo. */
  readonly work?: Pace;
  /** Happenings an hour: they open the bed. */
  readonly energy?: Pace;
  readonly standing: StandingState;
  /** Kinds that were heard lately. */
  readonly heard: readonly Heard$1[];
  /** The last leads, oldest first. */
  readonly leads: readonly Remembered[];
  /** Who has which signature. */
  readonly roster: Roster;
  readonly sounding?: SoundingPhrase;
}
/** Opens a room in which nothing has happened. */
export declare function openRoom({ repositoryId, settings }: Pick<RoomState, "repositoryId"> & {
  readonly settings?: RoomSettings;
}): RoomState;
/** Gives a room other settings; all that it remembers stays. */
export declare function changeSettings(room: RoomState, settings: RoomSettings): RoomState;
/**
 * Reads a state that was kept as JSON. Checks its version only: a store must return what it was given.
 * @returns undefined for what is not a state of a room
 * @throws {RangeError} for a state of a newer version, which only a newer engine may go on with
 */
export declare function readRoom(value: unknown): RoomState | undefined;
/** A phrase of a room, and when it sounds. */
interface RoomPhrase {
  /** What to play; `reasons` says why. */
  readonly params: MusicalParameters;
  /** The activities that it is made of: those that the room's settings let through. */
  readonly heard: readonly GitHubActivity[];
  /** The moment of the first sound: a sixteenth of the room's clock. */
  readonly startAt: EpochMs;
  /** The moment at which the phrase before must end. Present only where this phrase interrupts it. */
  readonly yieldsAt?: EpochMs;
}
/** What `advance` returns. */
interface Advanced {
  /** Pass it to the next call. */
  readonly room: RoomState;
  /** Absent where nothing is played: for no activities, in quiet hours, and for what the room's settings leave out. */
  readonly phrase?: RoomPhrase;
}
/**
 * Continues the piece of a room: makes one phrase of the given activities, and remembers what they change. Pure: the
 * same room, activities and moment give the same result in every process. Takes about a millisecond.
 * @param activities - what the phrase speaks for, in any order; without any, only time passes
 * @param at - the earliest moment of the first sound: the time of the decision plus the time that listeners need to
 * receive the phrase
 */
export declare function advance(room: RoomState, activities: readonly GitHubActivity[], at: EpochMs): Advanced;
/**
 * Tells whether activities would interrupt what the room plays at a moment: bad news interrupts anything except other
 * bad news.
 */
export declare function interrupts({ sounding }: RoomState, activities: readonly GitHubActivity[], at: EpochMs): boolean;
/**
 * One layer of a bed. It repeats without end: each turn begins at a multiple of its length since 1970, so that all
 * listeners are in phase.
 */
interface BedLoop {
  readonly score: Score;
  /** Its length in bars of the bed's tempo. */
  readonly lengthBars: number;
  /** Its loudness. */
  readonly level: Lufs;
}
/** What sounds under the phrases of a room, and says how things stand. */
interface Bed {
  /** Names what it sounds like: beds of the same name have the same loops. */
  readonly id: string;
  /** A drone, slow chords and a sparse bell, of 8, 11 and 13 bars: together they repeat after more than an hour. */
  readonly loops: readonly BedLoop[];
  /** Tempo of the loops. They have no pulse: it is not that of the phrases. */
  readonly tempo: Bpm;
  /**
   * When it takes over from the bed before: a bar line of the room, or the given moment while the room has no clock.
   */
  readonly startAt: EpochMs;
  readonly state: Standing;
}
/**
 * Returns the bed of a room at a moment. Pure. What it sounds like changes with the part of the day, how things stand and how much
 * happens; its notes change every 320 s, at the same moments for all listeners of a room, and at others in other rooms.
 */
export declare function bedOf(room: RoomState, at: EpochMs): Bed;
/**
 * Describes what a phrase reports, one line per kind, the most important first: `Merged pull request #7: Purr`, `Opened
 * 15 pull requests`, `12 passed, 3 failed: unit, e2e, docs`, `43 comments by 2 bots on #1626`. The counts of all lines
 * add up to the number of activities. Failed builds, and builds that pass again, have a line each, at most five in all;
 * those of programs only where they change the default branch. A title has at most 200 characters.
 */
export declare function tellsOf(activities: readonly GitHubActivity[]): Tell[];
export type { Advanced, Bed, BedLoop, GatherState, Gathered, MapContext, QuietHours, RoomPhrase, RoomSettings, RoomState, Standing, Theme };

// @bnc/music-engine/bed-fade

import { NormalRange, Seconds } from "@bnc/contracts";
/** Time in seconds over which one bed takes over from another. */
export declare const bedFadeSeconds: Seconds;
/**
 * Returns the gain of the incoming bed, 0-1, at a share of the crossfade: 0 is its beginning, 1 its end; other shares
 * are clamped. The outgoing bed has the gain of `1 - share`. Both together are as loud as each alone: their notes
 * differ, so their powers add up.
 */
export declare function bedFade(share: number): NormalRange;

// @bnc/music-engine/midi

import { Score, Seconds } from "@bnc/contracts";
/** A score in a longer piece. */
export interface MidiPart {
  /** When it begins, upbeat included, in seconds from the start of the file; it must end by 86,400. */
  readonly at: Seconds;
  /** What it plays. */
  readonly score: Score;
  /** What music programs show at its beginning, such as `Merged pull request #7`. Default: nothing. */
  readonly marker?: string;
}
/** How a MIDI file is written. */
export interface MidiOptions {
  /** Name of the piece. Default: none. */
  readonly title?: string;
}
/**
 * Writes a score, or a piece of several scores, as a Standard MIDI File of type 1 for use in other music programs. The
 * first track holds tempos and markers; then there is one track for each instrument. Drums go to channel 10 with their
 * General MIDI keys; other voices get the nearest General MIDI programs. Notes start within half a tick (1/960 of a
 * quarter note) of their times. The caller owns the bytes.
 *
 * @param music A score, or parts in any order, which may overlap.
 * @throws {RangeError} when a part does not lie within the first 86,400 s.
 * @example
 * await writeFile('phrase.mid', toMidi(compose(params)));
 */
export declare function toMidi(music: Score | readonly MidiPart[], { title }?: MidiOptions): Uint8Array;

// @bnc/music-engine/mulberry32

/**
 * Makes a source of numbers in [0, 1). The same seed gives the same numbers in every engine (Mulberry32 by Tommy
 * Ettinger). Not for secrets.
 *
 * @param seed An integer; its lowest 32 bits count.
 * @example
 * mulberry32(1)() // 0.6270739405881613
 */
export declare function mulberry32(seed: number): () => number;
