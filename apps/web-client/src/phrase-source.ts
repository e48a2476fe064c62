import { deserialize, toAudioBuffer } from '@bnc/buffer-serializer';
import type { SerializedBufferV2Score } from '@bnc/contracts';
import type { ScorePlayer } from '@bnc/offline-renderer/instruments';
import type { Phrase } from './phrase.ts';

/** Time in s in which a clip that begins in its middle fades in. */
const fadeSeconds = 0.03;

/** Time in s in which a clip that yields fades out. */
const yieldSeconds = 0.08;

/** A phrase that is ready to sound. */
export interface PhraseSource {
  /** How far into the phrase, in s, a listener enters who is `seconds` late; undefined when nothing is left by then. */
  enterAt(seconds: number): number | undefined;
  /** Plays it: `at` is the context time of its beginning, `from` how far into it, in s, the listener enters. */
  play(at: number, from: number, level: number): PlayingPhrase;
}

/** A phrase that plays. */
export interface PlayingPhrase {
  /** Returns how many notes were left out so far, because they came late. */
  lateNotes(): number;
  /** Ends it from a context time on, in s: within 80 ms, apart from its reverb. */
  yieldAt(time: number): void;
  /** Takes a better gain than the one in the message. */
  setGain(gain: number): void;
  /** Sets how loud it is to this listener, within 20 ms: a factor. */
  setLevel(level: number): void;
}

/**
 * A score: its notes are played one by one, so a listener who is late hears every note that is left, from its attack.
 */
export function scoreSource(phrase: Phrase, player: ScorePlayer): PhraseSource {
  const { score, gain } = deserialize(phrase.buffer as SerializedBufferV2Score);
  return {
    enterAt: (seconds) => (seconds < score.duration ? seconds : undefined),
    play(at, from, level) {
      const now = { gain, own: 1 };
      const playing = player.play(score, at, { gain: gain * level, from });
      const set = (part: Partial<typeof now>): void => {
        Object.assign(now, part);
        playing.setGain(now.gain * level * now.own);
      };
      return {
        lateNotes: () => playing.late,
        yieldAt: (time) => playing.yieldAt(time),
        setGain: (better) => set({ gain: better }),
        setLevel: (own) => set({ own }),
      };
    },
  };
}

/** A clip: a listener who is late enters at the phrase's next bar. */
export async function clipSource(phrase: Phrase, output: AudioNode): Promise<PhraseSource> {
  const { context } = output;
  const buffer = await toAudioBuffer(phrase.buffer, context);
  const barSeconds = 240 / phrase.params.tempo;
  return {
    enterAt(seconds) {
      const from = seconds <= 0.05 ? 0 : Math.ceil(seconds / barSeconds) * barSeconds;
      return from < phrase.params.duration ? from : undefined;
    },
    play(at, from, level) {
      const gain = new GainNode(context, { gain: from > 0 ? 0 : level });
      const source = new AudioBufferSourceNode(context, { buffer });
      const start = Math.max(at + from, context.currentTime);
      if (from > 0) gain.gain.setValueAtTime(0, start).linearRampToValueAtTime(level, start + fadeSeconds);
      const own = new GainNode(context);
      source.connect(gain).connect(own).connect(output);
      source.onended = () => own.disconnect();
      source.start(start, from);
      const yieldAt = (time: number): void => {
        const end = Math.max(time, context.currentTime);
        // Before its beginning there is nothing to fade.
        if (end > start) gain.gain.cancelScheduledValues(end).setTargetAtTime(0, end, yieldSeconds / 5);
        source.stop(end > start ? end + yieldSeconds : end);
      };
      const setLevel = (factor: number): void => {
        own.gain.setTargetAtTime(factor, context.currentTime, 0.005);
      };
      return { lateNotes: () => 0, yieldAt, setGain: () => {}, setLevel };
    },
  };
}
