import { toAudioBuffer } from '@bnc/buffer-serializer';
import type { StreamMessageOf } from '@bnc/contracts';
import * as Tone from 'tone';
import type { ServerClock } from './clock.ts';

type Phrase = StreamMessageOf<'audio_buffer'>['data'];

/** A phrase that is over by less than this is still worth hearing, softly, by somebody who has just come. */
const catchUpMs = 120_000;

/** A phrase that starts later than this never plays: the server's idea of time cannot be right. */
const maxLeadMs = 60_000;

/** Clips that wait for their bar line or sound, at most; the oldest gives way. */
const maxPlayers = 8;

/** Plays phrases at the moment the server names, through one volume. */
export class PhrasePlayer {
  readonly #clock: ServerClock;
  readonly #volume = new Tone.Volume(0);
  readonly #limiter = new Tone.Limiter(-1);
  readonly #players = new Set<Tone.Player>();
  #latest: Phrase | undefined;
  #heardLatest = false;
  #playing = false;

  constructor(clock: ServerClock) {
    this.#clock = clock;
    this.#volume.chain(this.#limiter, Tone.getDestination());
    this.#limiter.connect(this.analyser);
  }

  /** Samples of what sounds now, for the picture. */
  readonly analyser = new Tone.Analyser('waveform', 1024);

  /** Starts to sound; browsers allow it only after a person's click. */
  async play(): Promise<void> {
    await Tone.start();
    this.#playing = true;
    if (this.#latest && !this.#heardLatest) await this.#sound(this.#latest);
  }

  /** Stops every clip at once. */
  stop(): void {
    this.#playing = false;
    for (const player of this.#players) this.#remove(player);
  }

  /** Sets the volume, 0-100; equal steps sound about equal. */
  set volume(percent: number) {
    this.#volume.volume.rampTo(percent <= 0 ? -100 : 40 * Math.log10(percent / 100), 0.05);
  }

  /** Silences the page without stopping it. */
  set muted(muted: boolean) {
    this.#volume.mute = muted;
  }

  /** Takes the newest phrase; it sounds when the page plays. */
  async take(phrase: Phrase): Promise<void> {
    this.#latest = phrase;
    this.#heardLatest = false;
    if (this.#playing) await this.#sound(phrase);
  }

  async #sound(phrase: Phrase): Promise<void> {
    this.#heardLatest = true;
    const context = Tone.getContext();
    const buffer = await toAudioBuffer(phrase.buffer, context.rawContext as BaseAudioContext);
    if (!this.#playing) return;
    const lateMs = this.#clock.now() - phrase.startAt;
    if (lateMs < -maxLeadMs || lateMs > catchUpMs) return;

    const player = new Tone.Player(new Tone.ToneAudioBuffer(buffer));
    this.#players.add(player);
    for (const oldest of this.#players) if (this.#players.size > maxPlayers) this.#remove(oldest);
    player.onstop = () => this.#remove(player);
    player.connect(this.#volume);
    const isOver = lateMs / 1000 >= buffer.duration;
    if (isOver) player.volume.value = -9;
    if (isOver || lateMs <= 0) player.start(context.currentTime + (isOver ? 0 : -lateMs / 1000));
    else {
      player.fadeIn = 0.03;
      player.start(context.currentTime, lateMs / 1000);
    }
  }

  #remove(player: Tone.Player): void {
    if (this.#players.delete(player)) player.dispose();
  }
}
