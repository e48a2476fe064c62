import { deserialize, toAudioBuffer } from '@bnc/buffer-serializer';
import type { EpochMs, Score, Seconds, StreamMessageOf } from '@bnc/contracts';
import { bedFade, bedFadeSeconds } from '@bnc/music-engine/bed-fade';
import type { renderScore } from '@bnc/offline-renderer/instruments';

/** What sounds under the phrases, as the stream brings it. */
export type Bed = StreamMessageOf<'bed'>['data'];

/** Levels of a bed that comes, from the beginning of the crossfade to its end. */
const rising = Float32Array.from({ length: 65 }, (_, i) => bedFade(i / 64));
/** The same for a bed that goes. */
const falling = rising.toReversed();

/** Time in s in which a bed stops. */
const stopSeconds: Seconds = 0.1;

/** Time in s that a bed needs to be prepared. */
const prepareSeconds: Seconds = 0.3;

/**
 * Sample rate in hertz of a bed that is rendered here: it has no highs, so half the usual rate saves half the time and
 * the memory. Played note by note, a bed took 11 % of a core all the time; a rendered one takes less than 1 %.
 */
const sampleRate = 22_050;

/** Time in s that a loop rings on after its length. */
const tailSeconds: Seconds = 6;

/** What a bed plays on. */
export interface BedDevice {
  readonly context: AudioContext;
  readonly output: AudioNode;
  /** Loads what renders scores. */
  loadRenderer(): Promise<typeof renderScore>;
  /** Returns the context time, in s, at which a moment of the server's clock is heard. */
  timeOf(at: EpochMs): Seconds;
  /** The server's clock. */
  now(): EpochMs;
}

/** One layer of a bed that plays. */
interface Loop {
  readonly lengthMs: number;
  /** The first beginning of a turn that has not been scheduled. */
  next: EpochMs;
  /** Plays it once: `at` is the context time of its beginning, `from` how far into it, in s, it is entered. */
  play(at: Seconds, from: Seconds): void;
}

/** A bed that plays or fades. It may fade out while it still fades in: each fade has its own level. */
interface Playing {
  readonly id: string;
  readonly comes: GainNode;
  readonly goes: GainNode;
  readonly loops: readonly Loop[];
  /** Context time at which it is silent; undefined while it goes on. */
  endsAt?: Seconds;
}

/**
 * Plays beds: each loop is scheduled a whole turn ahead, so that it needs no timer of its own. A bed sounds until the
 * next one can: on a slow machine that takes longer than the server expects.
 */
export class BedPlayer {
  readonly #onError: (error: unknown) => void;
  readonly #playing = new Set<Playing>();
  /** The loops of the newest bed: a device that stood still plays them again. */
  #sounds: { readonly id: string; readonly all: Promise<readonly AudioBuffer[]> } | undefined;
  #device: BedDevice | undefined;
  #bed: Bed | undefined;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Takes a bed, which replaces the one before at its time; undefined for none. */
  take(bed: Bed | undefined): void {
    this.#bed = bed;
    this.#change();
  }

  /** Plays on a device from now on. Called again, it starts again: the device has stood still. */
  start(device: BedDevice): void {
    this.stop();
    this.#device = device;
    this.#change();
  }

  /** Stops. */
  stop(): void {
    this.#device = undefined;
    for (const { comes, goes } of this.#playing) {
      const { gain, context } = goes;
      const level = gain.value;
      gain.cancelScheduledValues(0).setValueAtTime(level, context.currentTime);
      gain.setTargetAtTime(0, context.currentTime, stopSeconds / 5);
      setTimeout(() => close({ comes, goes }), stopSeconds * 1000);
    }
    this.#playing.clear();
  }

  /** Schedules what comes next; call it about once a second. */
  tick(): void {
    const device = this.#device;
    if (!device) return;
    const now = device.now();
    for (const playing of this.#playing) {
      if (playing.endsAt !== undefined && playing.endsAt < device.context.currentTime) {
        close(playing);
        this.#playing.delete(playing);
      }
      // A bed that goes has been scheduled for longer than it takes to go.
      for (const loop of playing.endsAt === undefined ? playing.loops : []) {
        if (loop.next - now > loop.lengthMs) continue;
        loop.play(device.timeOf(loop.next), 0);
        loop.next += loop.lengthMs;
      }
    }
  }

  /** The bed that goes on. */
  get #current(): Playing | undefined {
    return [...this.#playing].find(({ endsAt }) => endsAt === undefined);
  }

  #change(): void {
    const device = this.#device;
    const bed = this.#bed;
    if (!device || this.#current?.id === bed?.id) return;
    if (bed && bed.loops.length > 0) this.#begin(device, bed).catch(this.#onError);
    else if (this.#current) {
      const earliest = device.context.currentTime + prepareSeconds;
      fadeOut(this.#current, Math.max(bed ? device.timeOf(bed.startAt) : 0, earliest));
    }
  }

  #soundsOf(device: BedDevice, bed: Bed): Promise<readonly AudioBuffer[]> {
    if (this.#sounds?.id === bed.id) return this.#sounds.all;
    const all = soundsOf(bed, device);
    this.#sounds = { id: bed.id, all };
    all.catch(() => {
      // It is tried again when the bed begins again.
      if (this.#sounds?.all === all) this.#sounds = undefined;
    });
    return all;
  }

  async #begin(device: BedDevice, bed: Bed): Promise<void> {
    const sounds = await this.#soundsOf(device, bed);
    // It may have been stopped meanwhile, or another bed may have come, or this one twice.
    if (this.#device !== device || this.#bed?.id !== bed.id || this.#current?.id === bed.id) return;
    const { context } = device;
    const start = Math.max(bed.startAt, device.now() + prepareSeconds * 1000);
    const at = device.timeOf(start);
    if (this.#current) fadeOut(this.#current, at);
    const comes = new GainNode(context, { gain: 0 });
    const goes = new GainNode(context);
    comes.connect(goes).connect(device.output);
    comes.gain.setValueCurveAtTime(rising, at, bedFadeSeconds);
    const loops = sounds.map((sound, index) => loopOf(sound, bed, index, comes));
    for (const loop of loops) {
      const begin = Math.floor(start / loop.lengthMs) * loop.lengthMs;
      loop.play(device.timeOf(begin), (start - begin) / 1000);
      loop.next = begin + loop.lengthMs;
    }
    this.#playing.add({ id: bed.id, comes, goes, loops });
  }
}

function fadeOut(playing: Playing, at: Seconds): void {
  playing.goes.gain.setValueCurveAtTime(falling, at, bedFadeSeconds);
  playing.endsAt = at + bedFadeSeconds;
}

function close({ comes, goes }: Pick<Playing, 'comes' | 'goes'>): void {
  comes.disconnect();
  goes.disconnect();
}

/** Makes the sound of each loop, one after the other: a page that opens has other work. */
async function soundsOf({ loops }: Bed, { context, loadRenderer }: BedDevice): Promise<readonly AudioBuffer[]> {
  const sounds: AudioBuffer[] = [];
  for (const { buffer } of loops) {
    const isScore = 'encoding' in buffer && buffer.encoding === 'score';
    sounds.push(
      isScore ? await rendered(deserialize(buffer), await loadRenderer()) : await toAudioBuffer(buffer, context),
    );
  }
  return sounds;
}

function loopOf(sound: AudioBuffer, { loops, tempo }: Bed, index: number, output: GainNode): Loop {
  const lengthMs = ((loops[index]?.lengthBars ?? 1) * 240_000) / tempo;
  return { lengthMs, next: 0, play: (at, from) => playOnce(sound, output, { at, from }) };
}

function rendered(
  { score, gain }: { readonly score: Score; readonly gain: number },
  render: typeof renderScore,
): Promise<AudioBuffer> {
  const length = Math.ceil((score.duration + tailSeconds) * sampleRate);
  return render({ score, gain, sampleRate, length });
}

function playOnce(
  buffer: AudioBuffer,
  output: GainNode,
  { at, from }: { readonly at: Seconds; readonly from: Seconds },
): void {
  const source = new AudioBufferSourceNode(output.context, { buffer });
  source.connect(output);
  source.onended = () => source.disconnect();
  source.start(Math.max(at + from, output.context.currentTime), from);
}
