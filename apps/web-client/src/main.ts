import type { StreamMessage } from '@bnc/contracts';
import { askServer, ServerClock } from './clock.ts';
import { type Ears, openEars } from './ears.ts';
import { Feed } from './feed.ts';
import { Lead } from './lead.ts';
import { Line } from './line.ts';
import { byId, Page } from './page.ts';
import type { Phrase } from './phrase.ts';
import { demoRoom, readRoomName } from './room-name.ts';
import type { LineState } from './rooms-stream.ts';
import { SignIn } from './sign-in.ts';
import { SolePlayer } from './sole-player.ts';
import { type Entry, Sound } from './sound.ts';
import { stateOf } from './state-word.ts';
import { remember, remembered } from './storage.ts';
import { Visual } from './visual.ts';
import { Volume } from './volume.ts';

/** Time in ms between two looks at the clocks, the connection and the sound. */
const tickMs = 1000;

// The room.
const query = new URLSearchParams(location.search);
const asked = query.get('repo')?.trim() || demoRoom;
const room = readRoomName(asked);
const isDemo = room?.toLowerCase() === demoRoom;
const roomLink = byId('room', HTMLAnchorElement);
roomLink.textContent = room ?? asked.slice(0, 140);
if (!isDemo) roomLink.removeAttribute('href');
document.title = `${room ?? 'no such room'} · bots-n-cats`;
byId('repo', HTMLInputElement).value = isDemo ? '' : asked;

// What the page is made of.
const clock = new ServerClock({ ask: askServer });
const volume = new Volume(Number(remembered('volume') ?? 80), showVolume);
const sound = new Sound({ clock, volume, onChange: showState, onEntry: sayEntry, onError: sayError });
sound.trimMs = Number(remembered('trim')) || 0;
const sole = new SolePlayer({ stop: () => sound.stop(), onChange: showState });
const line = new Line(showState);
const lead = new Lead();
const feed = new Feed(byId('now', HTMLElement), byId('quiet', HTMLElement), byId('feed', HTMLOListElement), clock);
const visual = new Visual(byId('scene', HTMLCanvasElement));
/** Whether what sounds under the phrases is heard too. */
let hasBed = remembered('bed') !== 'off';
const choices = { trimMs: sound.trimMs, hasBed };
const page = new Page(volume, choices, { onPlay: press, onVolume: showVolume, onBed: switchBed, onTrim: trim });
/** The form to sign in, where the page has a room. */
let signIn: SignIn | undefined;

function showState(): void {
  const state = stateOf({
    isOnline: navigator.onLine,
    connection: line.state,
    isCatchingUp: line.state === 'live' && !clock.isSure,
    wantsSound: sound.wants,
    isElsewhere: sole.isElsewhere,
    audio: sound.audio,
    isMuted: volume.isMuted,
    isSounding: sound.isSounding,
  });
  if (!page.showState(state, line, sound.wants)) return;
  visual.analyser = state === 'sounding' ? sound.analyser : undefined;
  if (line.state === 'live') signIn?.hide();
  if (state === 'refused') close(line.reason);
  if (state === 'private') close('This repository is private now, or your sign-in has ended.');
}

/** Access has ended: nothing of the room stays on the page, or sounds. */
function close(sentence: string): void {
  newest = undefined;
  feed.clear(sentence);
  sound.forget();
  sound.takeBed(undefined);
  // Without the ways to sign in that the server has, the form still takes a token.
  void signIn?.offer().catch(() => {});
}

function showVolume(): void {
  page.showVolume(volume);
  sound.applyVolume();
  remember('volume', String(volume.percent));
  showState();
}

function press(): void {
  if (sound.wants) {
    sole.release();
    sound.stop();
    return;
  }
  sole.claim();
  sound.play().catch(sayError);
}

function switchBed(isOn: boolean): void {
  hasBed = isOn;
  remember('bed', isOn ? 'on' : 'off');
  if (!isOn) sound.takeBed(undefined);
  listen(format);
}

function trim(ms: number): void {
  sound.trimMs = ms;
  remember('trim', String(ms));
}

function sayError(error: unknown): void {
  feed.say(`This phrase could not be played: ${error instanceof Error ? error.message : String(error)}`);
}

function sayEntry(entry: Entry, { startAt }: Phrase, readyMs: number): void {
  if (entry === 'late') feed.say('This phrase came late: the page has joined in.');
  else if (entry === 'at the next bar') feed.say('This phrase came late: the page joins in at the next bar.');
  // What was joined after a press says nothing about the way here.
  if (!newest || startAt !== newest.startAt || entry === 'again' || entry === 'joined') return;
  lead.note(startAt - newest.sentAt - readyMs);
  overdue = entry === 'late' && newest.isPunctual ? overdue + 1 : 0;
  if (overdue >= maxOverdue && format === 'score') {
    overdue = 0;
    listen('opus');
  }
}

/** Phrases in a row that came in time and could not be played in time: the machine is too slow to play notes. */
const maxOverdue = 3;
let overdue = 0;

/** The newest phrase here, and when the server sent it: a page that reconnects may get it again. */
let newest: { readonly startAt: number; readonly sentAt: number; readonly isPunctual: boolean } | undefined;

function take(phrase: Phrase, sentAt: number): void {
  const { startAt } = phrase;
  if (newest && startAt <= newest.startAt) return;
  newest = { startAt, sentAt, isPunctual: startAt - clock.now() > 50 };
  // Sound first: the text may come a little later.
  void sound.take(phrase);
  feed.show(phrase);
  linkRoom(phrase);
}

/** Links the room to its repository, on the forge that its deliveries come from. */
function linkRoom({ activity: { url } }: Phrase): void {
  // A room of several repositories has no page on the forge.
  if (isDemo || !room?.includes('/') || !URL.canParse(url)) return;
  roomLink.href = new URL(`/${room}`, url).href;
  roomLink.target = '_blank';
  roomLink.rel = 'noopener';
}

function measure(): void {
  clock.measure(leaving.signal).then(
    () => {
      if (clock.roundTripMs !== undefined) lead.expect(clock.roundTripMs);
      showState();
    },
    () => {
      // It is asked for again within a second.
    },
  );
}

function onMessage(message: StreamMessage): void {
  const { type } = message;
  if (type === 'connected') {
    sound.hearableMs = message.data.hearableMs ?? 0;
    lead.session = format === 'score' ? message.data : undefined;
    if (clock.hint(message.data.serverTime)) measure();
    line.greet();
  } else if (type === 'heartbeat') {
    if (clock.hint(message.data.serverTime)) measure();
  } else if (type === 'audio_buffer') {
    take(message.data, message.timestamp);
  } else if (type === 'yield') {
    sound.yieldAt(message.data.at);
    // What was to begin later never does: what comes now may begin before it.
    if (newest && newest.startAt >= message.data.at) newest = undefined;
  } else if (type === 'bed') {
    if (hasBed) sound.takeBed(message.data);
  } else if (type === 'gain') {
    sound.setGain(message.data.phraseId, message.data.gain);
  } else if (type === 'error') {
    feed.say(`The server could not play a phrase: ${message.data.message}`);
  } else if (type === 'moved') {
    feed.say(`This repository is now ${message.data.to}. The page listens there.`);
  } else if (type === 'hook') {
    feed.say("GitHub's webhook is connected. The next push plays here.");
  } else if (type === 'disconnected' && ['STREAM_PRIVATE', 'STREAM_EXPIRED'].includes(message.data.code)) {
    line.closeDoor();
  }
}

/** How phrases come: as scores, or as clips in an encoding. */
let format = '';
let ears: Ears | undefined;
let listening: AbortController | undefined;

/** Listens in a format from now on. */
function listen(wanted: string): void {
  if (room === undefined) return;
  listening?.abort();
  listening = new AbortController();
  format = wanted;
  const handlers = { onMessage, onState: (state: LineState): void => line.take(state) };
  ears = openEars({ room, format, bed: hasBed }, handlers, AbortSignal.any([listening.signal, leaving.signal]));
}

/** Asks for the room again, by another right. */
function reopen(): void {
  ears?.reopen();
}

// From here on it runs.
const leaving = new AbortController();
addEventListener('pagehide', () => leaving.abort());
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});
showVolume();
if (room === undefined) {
  line.take({
    name: 'refused',
    reason: 'No repository is named like this. Enter it as owner/repo, or paste its address.',
  });
} else {
  signIn = new SignIn(room, { onBegin: reopen, onEnd: reopen });
  listen(query.get('format') ?? 'score');
  const wake = (): void => {
    measure();
    ears?.reopen();
  };
  addEventListener('online', wake);
  addEventListener('offline', showState);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') measure();
  });
  setInterval(() => {
    if (clock.tick()) {
      sound.wake();
      wake();
    } else if (clock.isDue && line.state === 'live') measure();
    sound.tick();
    page.showTiming(clock.errorMs);
    void line.tick(leaving.signal);
    showState();
  }, tickMs);
}
