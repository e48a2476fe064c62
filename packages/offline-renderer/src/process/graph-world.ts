import { registerHooks } from 'node:module';
import * as webAudio from 'node-web-audio-api';
import { mendAutomation } from './mend-automation.ts';
import { mendOscillators } from './mend-oscillators.ts';
import { mendSources } from './mend-sources.ts';

const here = new URL('.', import.meta.url).href;
const toneUrl = new URL(import.meta.url.endsWith('.ts') ? './graph-tone.ts' : './graph-tone.js', import.meta.url).href;

/** Makes this process a place where graphs run as in a page. It stays one, because it ends after its graph. */
export function openGraphWorld(): void {
  provideGlobals();
  mendAutomation();
  mendOscillators();
  mendSources();
  // A module that imports Tone.js itself gets the copy that its context belongs to.
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'tone' && !context.parentURL?.startsWith(here)
        ? { url: toneUrl, shortCircuit: true }
        : next(specifier, context),
  });
}

/** Provides what a page has and Tone.js looks for, some of it while it is imported. */
function provideGlobals(): void {
  Object.assign(globalThis, {
    window: globalThis,
    self: globalThis,
    // Tone.js asks global constructors whether something is a node. `AudioContext` stays away, or it would open a sound card.
    AudioBuffer: webAudio.AudioBuffer,
    AudioNode: webAudio.AudioNode,
    AudioParam: webAudio.AudioParam,
    AudioWorkletNode: webAudio.AudioWorkletNode,
    BaseAudioContext: webAudio.BaseAudioContext,
    OfflineAudioContext: webAudio.OfflineAudioContext,
    OscillatorNode: webAudio.OscillatorNode,
    // Without it there are no worklets.
    isSecureContext: true,
    TONE_SILENCE_LOGGING: true,
  });
}
