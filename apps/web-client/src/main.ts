import type { StreamMessage, StreamMessageOf } from '@bnc/contracts';
import { ServerClock } from './clock.ts';
import { Feed } from './feed.ts';
import { PhrasePlayer } from './player.ts';
import { type ConnectionState, openStream } from './stream.ts';
import { drawWaveform } from './visual.ts';

function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no #${id}.`);
  return found;
}

/** The server's room that needs no account, secret or network. */
const demoRepoId = 'bots-n-cats/demo';
const repoId = new URLSearchParams(location.search).get('repo')?.trim() || demoRepoId;
const isDemo = repoId.toLowerCase() === demoRepoId;
const room = byId('room', HTMLAnchorElement);
room.textContent = repoId;
if (!isDemo) room.removeAttribute('href');
document.title = `${repoId} · bots-n-cats`;

const clock = new ServerClock();
const player = new PhrasePlayer(clock);
const feed = new Feed(byId('now', HTMLElement), byId('quiet', HTMLElement), byId('feed', HTMLOListElement));
const leaving = new AbortController();
addEventListener('pagehide', () => leaving.abort());
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

const connection = byId('connection', HTMLParagraphElement);
const stateWords: Record<ConnectionState, string> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'connection lost, trying again',
  refused: 'not available',
};

function showState(state: ConnectionState, detail = ''): void {
  connection.dataset.state = state;
  connection.textContent = stateWords[state];
  if (detail) feed.say(detail);
}

/** Links the room to its repository, on the forge that its deliveries come from. */
function linkRoom({ repoId, activity: { url } }: StreamMessageOf<'audio_buffer'>['data']): void {
  // A room of several repositories has no page on the forge.
  if (isDemo || !room.textContent?.includes('/') || !URL.canParse(url)) return;
  room.href = new URL(`/${repoId}`, url).href;
  room.rel = 'noopener';
}

/** When the newest phrase starts. After a restart, the server sends that phrase again to a page that reconnects. */
let newestStartAt = 0;

function onMessage(message: StreamMessage): void {
  if (message.type === 'connected') {
    clock.hint(message.data.serverTime);
    player.hearableMs = message.data.hearableMs ?? 0;
    clock.measure(leaving.signal).catch(() => {
      // The hint stays in use; the next connection measures again.
    });
  } else if (message.type === 'audio_buffer') {
    if (message.data.startAt === newestStartAt) return;
    newestStartAt = message.data.startAt;
    // Sound first: the text may come a little later.
    player.take(message.data).catch((error: unknown) => {
      feed.say(`This phrase could not be played: ${error instanceof Error ? error.message : String(error)}`);
    });
    feed.show(message.data);
    linkRoom(message.data);
  } else if (message.type === 'error') {
    feed.say(`The server could not play a phrase: ${message.data.message}`);
  } else if (message.type === 'moved') {
    feed.say(`This repository is now ${message.data.to}. The page listens there.`);
  } else if (message.type === 'hook') {
    feed.say("GitHub's webhook is connected. The next push plays here.");
  }
}

const play = byId('play', HTMLButtonElement);
const hint = byId('hint', HTMLParagraphElement);
play.addEventListener('click', () => {
  const start = play.getAttribute('aria-pressed') !== 'true';
  play.setAttribute('aria-pressed', String(start));
  play.textContent = start ? 'Stop' : 'Play';
  hint.textContent = start ? 'Playing. Leave this page open.' : 'Press Play to hear the room.';
  if (!start) return player.stop();
  player.play().catch((error: unknown) => {
    hint.textContent = `The browser does not let the page play sound. Allow sound for this page, then press Play again. (${error instanceof Error ? error.message : String(error)})`;
  });
});

const volume = byId('volume', HTMLInputElement);
const storedVolume = localStorage.getItem('volume');
if (storedVolume !== null) volume.value = storedVolume;

function setVolume(): void {
  player.volume = volume.valueAsNumber;
  localStorage.setItem('volume', volume.value);
}

volume.addEventListener('input', setVolume);
setVolume();

const mute = byId('mute', HTMLButtonElement);
mute.addEventListener('click', () => {
  const muted = mute.getAttribute('aria-pressed') !== 'true';
  mute.setAttribute('aria-pressed', String(muted));
  mute.textContent = muted ? 'Muted' : 'Mute';
  player.muted = muted;
});

byId('repo', HTMLInputElement).value = isDemo ? '' : repoId;
drawWaveform(byId('visual', HTMLCanvasElement), player.analyser);
openStream(repoId, { onMessage, onState: showState }, leaving.signal);
