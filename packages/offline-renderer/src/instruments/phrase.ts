import type { InstrumentName, NormalRange, Score, Seconds } from '@bnc/contracts';
import type { Recordings } from './recordings.ts';
import type { Samples } from './sampler.ts';
import { beginScore, decaysOf, dryEndOf, endOf } from './schedule-score.ts';
import { Stage, type Waves } from './stage.ts';

/** One track of a score that plays. */
export interface Stem {
  /** Place of the track in the score, from 0. */
  readonly track: number;
  /** The instrument that plays the track. */
  readonly instrument: InstrumentName;
  /** Sets how much of the track is heard, within 20 ms: 0 mutes it, 1 is what the score says. Its reverb follows. */
  setLevel(level: NormalRange): void;
}

/** A score that plays, or that will. */
export interface PlayingScore {
  /** Settles when it is silent and its nodes are gone: after its tail, after `yieldAt`, or when the player closes. */
  readonly ended: Promise<void>;
  /** Notes that were left out so far because their time had passed. */
  readonly late: number;
  /** Its tracks, in the order of the score. */
  readonly stems: readonly Stem[];
  /** Sets its gain, within 20 ms: for example when a measured gain arrives after `play` was called. */
  setGain(gain: number): void;
  /**
   * Fades it out within 50 ms from a time of the context, in seconds; only its reverb rings on. A time later than one
   * given before changes nothing.
   */
  yieldAt(time: Seconds): void;
}

/** What all phrases of a player share. */
export interface Band {
  readonly context: BaseAudioContext;
  readonly output: AudioNode;
  readonly waves: Waves;
  readonly samples: Samples | undefined;
  readonly recordings: Recordings;
  /** False for a context that renders offline, in which no time passes. */
  readonly isLive: boolean;
  /** Whether notes are scheduled in several tasks. */
  readonly isSliced: boolean;
  /** The input of the reverb with a decay. */
  reverb(decay: Seconds): AudioNode;
}

const fade: Seconds = 0.05;
const levelFade: Seconds = 0.02;
/** Joining in the middle takes this long to build the graph, so that no attack is lost. */
const lead: Seconds = 0.03;
/** Time for the first notes of a phrase, in ms: its sign and its signature. */
const firstSliceMs = 30;
/** Time for further notes, in ms. */
const sliceMs = 8;
/** Clocks that differ by less agree. */
const tolerance: Seconds = 0.1;

/** A score on the clock of a context, tied to the time of day: where the context stood still, notes are left out, not late. */
export class Phrase implements PlayingScore {
  readonly ended: Promise<void>;
  /** Settles when all its notes are scheduled, or when it is over. */
  readonly scheduled: Promise<void>;
  readonly stems: readonly Stem[];
  readonly #band: Band;
  readonly #score: Score;
  #gain: number;
  readonly #end: Seconds;
  readonly #done: () => void;
  readonly #onScheduled: () => void;
  readonly #levels: number[];
  #tracks: readonly (GainNode | undefined)[] = [];
  #stage: Stage | undefined;
  #outputs: readonly GainNode[] = [];
  #at: Seconds;
  /** Time of day at the beginning, in seconds. */
  readonly #dayTime: Seconds;
  /** Notes that begin earlier in the score are over, or not wanted. */
  #from: Seconds;
  /** Place in the score where it yields. */
  #until: Seconds = Number.POSITIVE_INFINITY;
  #late = 0;
  #isOver = false;

  constructor(band: Band, score: Score, at: Seconds, from: Seconds, gain: number, over: (phrase: Phrase) => void) {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const { promise: scheduled, resolve: onScheduled } = Promise.withResolvers<void>();
    this.ended = ended;
    this.scheduled = scheduled;
    this.#onScheduled = onScheduled;
    this.#done = () => {
      over(this);
      onScheduled();
      end();
    };
    this.#band = band;
    this.#score = score;
    this.#gain = gain;
    this.#from = from;
    this.#end = endOf(score);
    this.#at = this.#align(at, Math.round);
    this.#dayTime = Date.now() / 1000 + at - band.context.currentTime;
    this.#levels = score.tracks.map(() => 1);
    this.stems = score.tracks.map(({ instrument }, track) => ({
      track,
      instrument,
      setLevel: (level) => this.#setLevel(track, level),
    }));
  }

  get late(): number {
    return this.#late;
  }

  /** True while its bars sound at a time of the context, tails aside. */
  soundsAt(time: Seconds): boolean {
    return time >= this.#at && time < this.#at + Math.min(this.#score.duration, this.#until);
  }

  setGain(gain: number): void {
    const before = this.#gain;
    this.#gain = gain;
    const now = this.#band.context.currentTime;
    for (const { gain: level } of this.#outputs) {
      level.cancelScheduledValues(0);
      level.setValueAtTime(now > (this.#stage?.currentTime ?? 0) ? before : gain, now);
      level.linearRampToValueAtTime(gain, now + levelFade);
    }
    this.#applyYield();
  }

  yieldAt(time: Seconds): void {
    const until = time - this.#at;
    if (this.#isOver || until >= this.#until) return;
    this.#until = until;
    this.#applyYield();
  }

  /** Plays from here on: all notes that have not begun yet. */
  start(): void {
    if (this.#isOver || this.#stage) return;
    const { context } = this.#band;
    const now = context.currentTime;
    const isBehind = this.#at + this.#from < now;
    const start = isBehind ? this.#align(now + lead, Math.ceil) : this.#align(this.#at + this.#from, Math.floor);
    if (isBehind) this.#skipTo(start - this.#at);
    if (this.#from >= Math.min(this.#end, this.#until)) {
      this.finish();
      return;
    }
    const stage = new Stage(context, start, this.#band.waves);
    this.#stage = stage;
    const dry = this.#createOutput(stage, this.#band.output);
    const wet = new Map(
      decaysOf(this.#score).map((decay) => [decay, this.#createOutput(stage, this.#band.reverb(decay))]),
    );
    this.#outputs = [dry, ...wet.values()];
    const { samples, recordings } = this.#band;
    const { sampleRate } = context;
    // The engine in Node begins a note on the nearest frame, browsers on the next one: a modulator is out of phase then.
    const timeOf = (place: Seconds): Seconds => Math.round((this.#at + place) * sampleRate) / sampleRate;
    const isOver = (place: Seconds): boolean => this.#isLate(place);
    const options = { dry, wet, samples, recordings, timeOf, from: this.#from, isOver };
    const { tracks, notes } = beginScore(stage, this.#score, options);
    this.#tracks = tracks;
    for (const [track, level] of this.#levels.entries()) if (level !== 1) this.#setLevel(track, level);
    this.#schedule(stage, notes, this.#band.isLive ? firstSliceMs : sliceMs);
  }

  /** Schedules notes for a while, and goes on in the next task: the page stays awake while recordings are computed. */
  #schedule(stage: Stage, notes: Iterator<void, void>, forMs: number): void {
    if (this.#stage !== stage) return;
    const begun = performance.now();
    while (!notes.next().done) {
      if (this.#band.isSliced && performance.now() - begun > forMs) {
        nextTask(() => this.#schedule(stage, notes, sliceMs));
        return;
      }
    }
    stage.end(this.#at + dryEndOf(this.#score), this.#at + this.#end, () => this.finish());
    this.#applyYield();
    this.#onScheduled();
  }

  /** Counts a note whose time has passed before it could be scheduled. */
  #isLate(place: Seconds): boolean {
    const isLate = this.#band.isLive && this.#at + place < this.#band.context.currentTime;
    if (isLate) this.#late++;
    return isLate;
  }

  /** Stops at once, to start again later: the context stands still. */
  pause(): void {
    if (!this.#stage) return;
    this.#from = Math.max(this.#from, this.#band.context.currentTime - this.#at);
    this.#release();
  }

  /** Puts the phrase where the time of day says that it is, if its clock has stood still; drops it when it is over. */
  realign(): void {
    const { currentTime } = this.#band.context;
    const at = currentTime + this.#dayTime - Date.now() / 1000;
    const wasPlaying = this.#stage !== undefined;
    if (Math.abs(at - this.#at) > tolerance) {
      this.pause();
      this.#at = this.#align(at, Math.round);
    } else if (wasPlaying) {
      return;
    }
    if (this.#at + this.#end <= currentTime) {
      this.#skipTo(this.#end);
      this.finish();
    } else if (wasPlaying) {
      this.start();
    }
  }

  /** Ends now. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#release();
    this.#done();
  }

  #skipTo(place: Seconds): void {
    for (const { notes } of this.#score.tracks) {
      for (const { time } of notes) if (time >= this.#from && time < Math.min(place, this.#until)) this.#late++;
    }
    this.#from = Math.max(this.#from, place);
  }

  #release(): void {
    this.#stage?.release();
    this.#stage = undefined;
    this.#tracks = [];
    this.#outputs = [];
  }

  #createOutput(stage: Stage, output: AudioNode): GainNode {
    const gain = stage.createGain();
    gain.gain.value = this.#gain;
    gain.connect(output);
    return gain;
  }

  #applyYield(): void {
    if (!this.#stage || !Number.isFinite(this.#until)) return;
    const time = Math.max(this.#at + this.#until, this.#band.context.currentTime);
    for (const { gain } of this.#outputs) {
      gain.cancelScheduledValues(time);
      gain.setValueAtTime(this.#gain, time);
      gain.linearRampToValueAtTime(0, time + fade);
    }
    const end = this.#align(time + fade, Math.ceil);
    this.#stage.end(end, end, () => this.finish());
  }

  #setLevel(track: number, level: NormalRange): void {
    const { gain } = this.#tracks[track] ?? {};
    const full = this.#score.tracks[track]?.gain ?? 1;
    const before = this.#levels[track] ?? 1;
    this.#levels[track] = level;
    if (!gain) return;
    const now = this.#band.context.currentTime;
    const hasBegun = now > (this.#stage?.currentTime ?? 0);
    gain.cancelScheduledValues(0);
    gain.setValueAtTime(full * (hasBegun ? before : level), now);
    gain.linearRampToValueAtTime(full * level, now + levelFade);
  }

  /** Sources that start on a block of the engine sound as in Node; others are resampled by a part of a frame. */
  #align(time: Seconds, round: (value: number) => number): Seconds {
    const { sampleRate } = this.#band.context;
    // A time that lies on a block already stays there, whatever the last bit of it says.
    const blocks = (time * sampleRate) / 128;
    const nearest = Math.round(blocks);
    return ((Math.abs(blocks - nearest) < 1e-6 ? nearest : round(blocks)) * 128) / sampleRate;
  }
}

/** Calls back in the next task: unlike a timer, it is not put off in a hidden page. */
function nextTask(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(undefined);
}
