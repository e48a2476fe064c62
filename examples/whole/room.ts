// A room on a page of your own, for a bundler: the page needs a button, and CORS_ORIGINS of the server its origin.
import { deserializeScore } from '@bnc/buffer-serializer/score';
import type { StreamMessage } from '@bnc/contracts';
import { ScorePlayer } from '@bnc/offline-renderer/instruments';
import { SSEClient } from '@bnc/sse/client';

const context = new AudioContext();
const player = new ScorePlayer({ context });
document.querySelector('button')?.addEventListener('click', () => void context.resume());
const url = new URLSearchParams(location.search).get('stream') ?? '/stream/bots-n-cats/demo';
const client = new SSEClient(`${url}?format=score`, {
  onMessage: ({ data: text }) => {
    const { type, data } = JSON.parse(text) as StreamMessage;
    if (type !== 'audio_buffer') return;
    const { score, gain } = deserializeScore(data.buffer);
    player.play(score, context.currentTime + (data.startAt - Date.now()) / 1000, { gain });
  },
});
addEventListener('pagehide', () => client.close());
