import { launchChromium } from '@bnc/testing/browser';
import { peak } from '@bnc/testing/sound';
import type { Browser, Page } from 'playwright';
import { inForm } from './page-stage.ts';

/** What a page gave to its loudspeakers. */
export interface Recording {
  readonly sampleRate: number;
  readonly left: Float32Array;
  readonly right: Float32Array;
}

/**
 * Runs in the page before its own code: whatever is connected to the loudspeakers is also connected to a recorder on the
 * audio thread. The page knows nothing of it.
 */
function recordOutput(): void {
  const chunks: { left: Float32Array; right: Float32Array }[] = [];
  // A test may give the page other clocks.
  const { timeOrigin } = performance;
  const { getOutputTimestamp } = AudioContext.prototype;
  /** Context times and when their sound left, in epoch ms: the device's clock stands still when the machine is busy. */
  const marks: { time: number; at: number }[] = [];
  const state = { sampleRate: 0, chunks, marks, beganAt: 0 };
  Object.assign(globalThis, { recordedOutput: state });
  const processor = `registerProcessor('output-recorder', class extends AudioWorkletProcessor {
    process([input]) {
      const silence = new Float32Array(128);
      const [left, right] = input.length > 0 ? [input[0].slice(), (input[1] ?? input[0]).slice()] : [silence, silence];
      this.port.postMessage([left, right, currentTime]);
      return true;
    }
  });`;
  const connect = AudioNode.prototype.connect as (this: AudioNode, ...args: unknown[]) => unknown;
  const recorders = new WeakMap<BaseAudioContext, Promise<AudioWorkletNode>>();
  const recorderOf = (context: AudioContext): Promise<AudioWorkletNode> => {
    const known = recorders.get(context);
    if (known) return known;
    const made = context.audioWorklet
      .addModule(URL.createObjectURL(new Blob([processor], { type: 'text/javascript' })))
      .then(() => {
        const node = new AudioWorkletNode(context, 'output-recorder', {
          channelCount: 2,
          channelCountMode: 'explicit',
        });
        state.sampleRate = context.sampleRate;
        node.port.onmessage = ({ data }: MessageEvent<[Float32Array, Float32Array, number]>) => {
          if (chunks.length === 0) state.beganAt = data[2];
          if (chunks.length % 32 === 0) {
            const { contextTime = 0, performanceTime = 0 } = getOutputTimestamp.call(context);
            marks.push({ time: contextTime, at: timeOrigin + performanceTime });
          }
          chunks.push({ left: data[0], right: data[1] });
        };
        connect.call(node, context.destination);
        return node;
      });
    recorders.set(context, made);
    return made;
  };
  AudioNode.prototype.connect = function patched(this: AudioNode, ...args: unknown[]): AudioNode {
    const [target] = args;
    if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
      void recorderOf(target.context).then((recorder) => connect.call(this, recorder));
    }
    return connect.apply(this, args) as AudioNode;
  };
}

/** A listener with a real browser, whose output is recorded and whose errors are kept. */
export class ListeningPage {
  readonly errors: string[] = [];
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (line) => {
      if (line.type() === 'error') this.errors.push(line.text());
    });
  }

  /**
   * Opens a room and waits until it is live.
   * @param prepare - runs in the page before its own code
   * @param options.bed - whether what sounds under the phrases is heard too
   * @param options.hello - whether a chord replies to a press of Play
   */
  static async open(
    browser: Browser,
    url: string,
    prepare?: () => void,
    { bed = false, hello = false }: { readonly bed?: boolean; readonly hello?: boolean } = {},
  ): Promise<ListeningPage> {
    // The recorder comes from a blob, which the page's own policy rightly refuses.
    // A scene that moves takes time from the sound where many tests share a machine without a GPU.
    const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.addInitScript(recordOutput);
    if (!bed) await page.addInitScript(() => localStorage.setItem('bed', 'off'));
    if (!hello) await page.addInitScript(() => localStorage.setItem('hello', 'off'));
    if (prepare) await page.addInitScript(prepare);
    const listening = new ListeningPage(page);
    await page.goto(inForm(url));
    await listening.state('live');
    return listening;
  }

  /** Waits for a state of the connection. */
  async state(state: 'live' | 'lost'): Promise<void> {
    await this.page.locator(`#connection[data-line="${state}"]`).waitFor({ timeout: 20_000 });
  }

  /** Presses Play and waits until the recorder runs; answers the seconds that had been recorded before. */
  async play(): Promise<number> {
    const before = await this.page.evaluate(() => {
      const { chunks } = (globalThis as unknown as { recordedOutput: { chunks: unknown[] } }).recordedOutput;
      return chunks.length;
    });
    await this.page.getByRole('button', { name: 'Play', exact: true }).click();
    const sampleRate = await this.page.waitForFunction(
      (count) => {
        const state = globalThis as unknown as { recordedOutput: { sampleRate: number; chunks: unknown[] } };
        return state.recordedOutput.chunks.length > count && state.recordedOutput.sampleRate;
      },
      before,
      { timeout: 20_000, polling: 50 },
    );
    return (before * 128) / Number(await sampleRate.jsonValue());
  }

  /** Everything since the page has had an audio context. */
  async recording(): Promise<Recording> {
    const { sampleRate, left, right } = await this.page.evaluate(() => {
      const { sampleRate, chunks } = (
        globalThis as unknown as {
          recordedOutput: { sampleRate: number; chunks: { left: Float32Array; right: Float32Array }[] };
        }
      ).recordedOutput;
      const text = (side: 'left' | 'right'): string => {
        const all = new Float32Array(chunks.length * 128);
        for (const [index, chunk] of chunks.entries()) all.set(chunk[side], index * 128);
        let binary = '';
        for (const byte of new Uint8Array(all.buffer)) binary += String.fromCharCode(byte);
        return btoa(binary);
      };
      return { sampleRate, left: text('left'), right: text('right') };
    });
    const samples = (text: string): Float32Array => {
      const bytes = Buffer.from(text, 'base64');
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    };
    return { sampleRate, left: samples(left), right: samples(right) };
  }

  /** When the sound at some seconds into the recording left the page, in epoch ms of this machine's clock. */
  leftAt(seconds: number): Promise<number> {
    return this.page.evaluate((after) => {
      const { beganAt, marks } = (
        globalThis as unknown as {
          recordedOutput: { beganAt: number; marks: { time: number; at: number }[] };
        }
      ).recordedOutput;
      const time = beganAt + after;
      // Between its steps the clock of the device is behind, never ahead.
      const near = marks.filter((mark) => Math.abs(mark.time - time) < 1.5);
      return Math.min(...near.map((mark) => mark.at + (time - mark.time) * 1000));
    }, seconds);
  }

  /** Waits until something has sounded for `seconds`, and answers the recording. */
  async hear(seconds: number): Promise<Recording> {
    await this.page.waitForFunction(
      (wanted) => {
        const { sampleRate, chunks } = (
          globalThis as unknown as { recordedOutput: { sampleRate: number; chunks: { left: Float32Array }[] } }
        ).recordedOutput;
        const start = chunks.findIndex(({ left }) => left.some((sample) => Math.abs(sample) > 1e-3));
        return start >= 0 && ((chunks.length - start) * 128) / sampleRate >= wanted;
      },
      seconds,
      { timeout: 30_000, polling: 200 },
    );
    return this.recording();
  }

  /** Forgets what was recorded so far: the next recording begins now. */
  async forget(): Promise<void> {
    await this.page.evaluate(() => {
      const { chunks } = (globalThis as unknown as { recordedOutput: { chunks: unknown[] } }).recordedOutput;
      chunks.length = 0;
    });
  }

  /** The loudest sample of the next half second. */
  async level(): Promise<number> {
    await this.forget();
    await this.page.waitForTimeout(500);
    return peak(monoOf(await this.recording()));
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** Both sides of a recording in one. */
export function monoOf({ left, right }: Recording): Float32Array {
  return left.map((sample, index) => (sample + (right[index] ?? 0)) / 2);
}

export { launchChromium };
