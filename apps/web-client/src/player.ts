import { toAudioBuffer } from '@bnc/buffer-serializer';
import type { StreamMessageOf } from '@bnc/contracts';
import * as Tone from 'tone';
import type { ServerClock } from './clock.ts';

type Phrase = StreamMessageOf<'audio_buffer'>['data'];

/** After a press of Play later than this, the phrase plays from its beginning: its remainder may be silent. */
const joinMs = 250;

/** A phrase that starts further ahead than this never plays: the server's clock must be wrong. */
const maxLeadMs = 60_000;

/** Most clips that wait for their start or sound; one more stops the oldest. */
const maxPlayers = 8;

/** Sixteen frames of silence as FLAC: decoded when the page opens, so that the decoder is there when the first phrase comes. */
const silence = {
  v: 2,
  sampleRate: 44_100,
  length: 16,
  numberOfChannels: 2,
  encoding: 'flac',
  data: 'ZkxhQ4AAACIQABAAAAAAAAAACsRC8AAAABA7XTx9IH433O7t0wHjXi5Y//h5GAAADysAAAAAAABY+w==',
};

/** The newest phrase, decoded or about to be. */
interface Taken {
  readonly phrase: Phrase;
  readonly buffer: Promise<AudioBuffer>;
  isHeard: boolean;
}

/** Plays phrases at the time that the server names, through one volume control. */
export class PhrasePlayer {
  readonly #clock: ServerClock;
  readonly #volume = new Tone.Volume(0);
  readonly #limiter = new Tone.Limiter(-1);
  readonly #players = new Set<Tone.Player>();
  #latest: Taken | undefined;
  #playing = false;

  /** How long after its start a phrase is still worth hearing, softly, when a listener presses Play; the server says so. */
  hearableMs = 0;

  constructor(clock: ServerClock) {
    this.#clock = clock;
    this.#volume.chain(this.#limiter, Tone.getDestination());
    this.#limiter.connect(this.analyser);
    // An error here comes again with the first phrase, where it is shown.
    toAudioBuffer(silence, Tone.getContext().rawContext).catch(() => {});
  }

  /** Samples of the current sound, for the waveform. */
  readonly analyser = new Tone.Analyser('waveform', 1024);

  /** Starts to play. Browsers allow it only after a click. */
  async play(): Promise<void> {
    await Tone.start();
    this.#playing = true;
    if (this.#latest && !this.#latest.isHeard) await this.#sound(this.#latest, true);
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

  /** Silences the page without stopping the clips. */
  set muted(muted: boolean) {
    this.#volume.mute = muted;
  }

  /** Takes the newest phrase, which sounds when the page plays. It is decoded at once, so that Play starts quickly. */
  async take(phrase: Phrase): Promise<void> {
    const buffer = toAudioBuffer(phrase.buffer, Tone.getContext().rawContext);
    this.#latest = { phrase, buffer, isHeard: false };
    if (this.#playing) await this.#sound(this.#latest, false);
    else await buffer;
  }

  async #sound(taken: Taken, hasJustCome: boolean): Promise<void> {
    taken.isHeard = true;
    const { phrase } = taken;
    const context = Tone.getContext();
    const buffer = await taken.buffer;
    if (!this.#playing) return;
    const lateMs = this.#clock.now() - phrase.startAt;
    if (lateMs < -maxLeadMs || lateMs > this.hearableMs) return;

    const player = new Tone.Player(new Tone.ToneAudioBuffer(buffer));
    this.#players.add(player);
    for (const oldest of this.#players) if (this.#players.size > maxPlayers) this.#remove(oldest);
    player.onstop = () => this.#remove(player);
    player.connect(this.#volume);
    if (lateMs <= 0) return void player.start(context.currentTime - lateMs / 1000);
    if (hasJustCome && lateMs > joinMs) {
      player.volume.value = -9;
      return void player.start(context.currentTime);
    }
    // The clip came late: join the other listeners where they are.
    player.fadeIn = 0.03;
    if (lateMs / 1000 < buffer.duration) player.start(context.currentTime, lateMs / 1000);
    else this.#remove(player);
  }

  #remove(player: Tone.Player): void {
    if (this.#players.delete(player)) player.dispose();
  }
}
