import { describe, expect, it } from 'vitest';

const { createNativeContext } = await import('../src/engine.ts');
const { BlockRender } = await import('../src/process/block-render.ts');
const { blockFrames } = await import('../src/process/convolver.ts');

const channels = 26;
const blocks = 60;

/** A render of 22 s whose channels are all the same tone: much faster than 5 ms a block. */
function create() {
  const native = createNativeContext(1, blocks * blockFrames, 44_100);
  const render = new BlockRender(native, channels);
  const tone = native.createOscillator();
  const merger = native.createChannelMerger(channels);
  for (let channel = 0; channel < channels; channel++) tone.connect(merger, 0, channel);
  merger.connect(render.input);
  tone.start(0);
  return { native, render };
}

describe('a render of many channels', () => {
  it('hands over every block in order, and waits for whoever hears them', async () => {
    const { native, render } = create();
    const heard: number[] = [];
    let ahead = 0;
    await render.render((from, block) => {
      const samples = new Float32Array(blockFrames);
      block.copyFromChannel(samples, channels - 1);
      expect(samples.some((sample) => sample > 0.9)).toBe(true);
      heard.push(from / blockFrames);
      ahead = Math.max(ahead, native.currentTime * native.sampleRate - from);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    });
    expect(heard).toEqual(Array.from({ length: blocks }, (_, block) => block));
    // 24 MiB, each block twice, and what is under way.
    expect(ahead / blockFrames).toBeLessThan(9);
  });

  it('ends with what its listener throws, and does not leave the engine waiting', async () => {
    const { native, render } = create();
    const error = new Error('mine');
    let calls = 0;
    const ended = render.render(() => {
      calls++;
      throw error;
    });
    await expect(ended).rejects.toBe(error);
    for (let i = 0; i < 1000 && native.state !== 'closed'; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(native.state).toBe('closed');
    expect(calls).toBe(1);
  });
});
