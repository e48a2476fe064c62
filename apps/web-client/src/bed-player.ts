import { deserialize, toAudioBuffer } from '@bnc/buffer-serializer';
import type { EpochMs, Score, Seconds, StreamMessageOf } from '@bnc/contracts';
import type { renderScore } from '@bnc/offline-renderer/instruments';

/** What sounds under the phrases, as the stream brings it. */
export type Bed = StreamMessageOf<'bed'>['data'];

/** Time in s over which a bed comes, and the one before it goes. */
const fadeSeconds: Seconds = 4;

/** Time in s over which a bed stops. */
const stopSeconds: Seconds = 0.1;

/** Time in s that a bed needs to be prepared. */
const prepareSeconds: Seconds = 0.3;

/**
 * Frames a second of a bed that is rendered here: it has no highs, and takes half the time and the memory. Played note by
 * note, a bed took 11 % of a core all the time, where a rendered one takes less than 1 %.
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
  /** When it begins again for the first time that has not been scheduled. */
  next: EpochMs;
  /** Plays it once: `at` is the context time of its beginning, `from` where it is entered. */
  play(at: Seconds, from: Seconds): void;
}

/** A bed that plays, or that fades. */
interface Playing {
  readonly bed: Bed;
  readonly gain: GainNode;
  loops: readonly Loop[];
  /** Context time at which it is silent; undefined while it goes on. */
  endsAt?: Seconds;
  close(): void;
}

/** Plays beds: each loop is scheduled a whole turn ahead, so that silence costs no timer of its own. */
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

  /** Takes a bed, which takes over at its time; undefined for none. */
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
    for (const { gain, close } of this.#playing) {
      gain.gain.cancelScheduledValues(0).setTargetAtTime(0, gain.context.currentTime, stopSeconds / 5);
      setTimeout(close, stopSeconds * 1000);
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
        playing.close();
        this.#playing.delete(playing);
      }
      for (const loop of playing.endsAt === undefined ? playing.loops : []) {
        if (loop.next - now > loop.lengthMs) continue;
        loop.play(device.timeOf(loop.next), 0);
        loop.next += loop.lengthMs;
      }
    }
  }

  #change(): void {
    const device = this.#device;
    const bed = this.#bed;
    if (!device) return;
    const current = [...this.#playing].find(({ endsAt }) => endsAt === undefined);
    if (current?.bed.id === bed?.id) return;
    const { currentTime } = device.context;
    const startsAt = Math.max(bed ? device.timeOf(bed.startAt) : 0, currentTime + prepareSeconds);
    if (current) fadeOut(current, startsAt);
    if (bed && bed.loops.length > 0) this.#begin(device, bed).catch(this.#onError);
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
    const { context } = device;
    const gain = new GainNode(context, { gain: 0 });
    gain.connect(device.output);
    const close = (): void => gain.disconnect();
    const playing: Playing = { bed, gain, loops: [], close };
    this.#playing.add(playing);
    try {
      const sounds = await this.#soundsOf(device, bed);
      const loops = sounds.map((sound, index) => loopOf(sound, bed, index, gain));
      // It may have been stopped, or another bed may have come.
      if (!this.#playing.has(playing) || playing.endsAt !== undefined) {
        this.#playing.delete(playing);
        return close();
      }
      const start = Math.max(bed.startAt, device.now() + prepareSeconds * 1000);
      for (const loop of loops) {
        const begin = Math.floor(start / loop.lengthMs) * loop.lengthMs;
        loop.play(device.timeOf(begin), (start - begin) / 1000);
        loop.next = begin + loop.lengthMs;
      }
      playing.loops = loops;
      const at = device.timeOf(start);
      gain.gain.setValueAtTime(0, at).linearRampToValueAtTime(1, at + fadeSeconds);
    } catch (error) {
      this.#playing.delete(playing);
      close();
      throw error;
    }
  }
}

function fadeOut(playing: Playing, at: Seconds): void {
  const { gain } = playing.gain;
  gain.cancelAndHoldAtTime?.(at);
  gain.setTargetAtTime(0, at, fadeSeconds / 5);
  playing.endsAt = at + fadeSeconds;
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
