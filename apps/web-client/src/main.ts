import type { StreamMessage } from '@bnc/contracts';
import { busyWords } from './busy.ts';
import { askServer, ServerClock } from './clock.ts';
import { Company } from './company.ts';
import { type Ears, openEars } from './ears.ts';
import { Feed } from './feed.ts';
import { History, pathOf } from './history.ts';
import { bindKeys } from './keys.ts';
import { openKiosk } from './kiosk.ts';
import { Lead } from './lead.ts';
import { Line } from './line.ts';
import { byId, Page, write } from './page.ts';
import { type KnownPhrase, knownOf, type Phrase } from './phrase.ts';
import { demoRoom, readRoomName } from './room-name.ts';
import type { LineState } from './rooms-stream.ts';
import { DayStrip } from './scene/day-strip.ts';
import { Scene } from './scene/scene.ts';
import { SceneInput } from './scene/scene-input.ts';
import { SignIn } from './sign-in.ts';
import { SolePlayer } from './sole-player.ts';
import { type Entry, Sound } from './sound.ts';
import { stateOf } from './state-word.ts';
import { remember, remembered } from './storage.ts';
import { linkedPhrase, Story } from './story.ts';
import { Timeline } from './timeline.ts';
import { Try } from './try.ts';
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
const volume = new Volume(Number(remembered('volume') ?? 80), showVolume, Number(remembered('rests-until')) || 0);
const sound = new Sound({
  clock,
  volume,
  levelOf: (phrase) => company?.levelOf(phrase) ?? 1,
  onChange: showState,
  onEntry: sayEntry,
  onLateNotes: (notes) => lead.noteLate(notes),
  onError: sayError,
});
const sole = new SolePlayer({ stop: () => sound.stop(), onChange: showState });
const line = new Line(showState);
const lead = new Lead();
const leaving = new AbortController();
/** The moment of the server's clock that is heard here now. */
function heardNow(): number {
  return clock.now() - sound.trimMs;
}
const timeline = new Timeline();
const history = room === undefined ? undefined : new History(room, timeline, leaving.signal);
const story = new Story({
  timeline,
  show: showChosen,
  path: room && pathOf(room),
  find: async (phraseId) => history?.find(phraseId),
  play: playAgain,
  onAgain: (phrase, beganAt) => scene.follow(phrase, beganAt),
  onError: sayError,
});
const feed = new Feed({
  now: byId('now', HTMLElement),
  quiet: byId('quiet', HTMLElement),
  earlier: byId('feed', HTMLOListElement),
  timeline,
  clock,
  actionsOf: (phrase) => story.actionsOf(phrase),
});
const scene = new Scene({
  canvas: byId('scene', HTMLCanvasElement),
  stage: byId('stage', HTMLElement),
  timeline,
  now: heardNow,
  onEdge: () => void history?.more().catch(() => {}),
});
const sceneInput = new SceneInput(byId('moment', HTMLElement), {
  scene,
  timeline,
  actions: {
    onHear: (phrase) => story.hear(phrase),
    onChoose: (phrase) => story.choose(phrase),
    chosen: () => story.chosen,
  },
});
const dayStrip = new DayStrip({
  canvas: byId('day', HTMLCanvasElement),
  timeline,
  now: () => clock.now(),
  onPick: (phrase) => story.hear(phrase),
});
const page = new Page(volume, { onPlay: press, onVolume: showVolume });
/** What the page is to those who use it, where it has a room. */
let company: Company | undefined;
const busy = byId('busy', HTMLParagraphElement);
const toNow = byId('to-now', HTMLButtonElement);
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
    isResting: volume.isResting,
    isSounding: sound.isSounding,
  });
  if (linked && sound.wants && sound.audio === 'running') {
    const phrase = linked;
    linked = undefined;
    story.hear(phrase);
  }
  company?.showState(state, sound.wants);
  // Where the browser waits for a press, the button is the one to press.
  if (!page.showState(state, line, sound.wants && sound.audio !== 'blocked')) return;
  if (line.state === 'live') signIn?.hide();
  if (state === 'refused') close(line.reason);
  if (state === 'private') close('This repository is private now, or your sign-in has ended.');
}

/** Access has ended: nothing of the room stays on the page, or sounds. */
function close(sentence: string): void {
  newest = undefined;
  hasHistory = false;
  story.choose(undefined);
  feed.clear(sentence);
  write(busy, '');
  sound.forget();
  sound.takeBed(undefined);
  company?.close();
  document.title = 'bots-n-cats';
  // Without the ways to sign in that the server has, the form still takes a token.
  void signIn?.offer().catch(() => {});
}

function showVolume(): void {
  page.showVolume(volume);
  sound.applyVolume();
  remember('volume', String(volume.percent));
  remember('rests-until', String(volume.restsUntil));
  showState();
}

function press(): void {
  if (sound.wants && sound.audio !== 'blocked') stop();
  else play();
}

function play(): void {
  playFirst().catch(sayError);
}

function stop(): void {
  sole.release();
  sound.stop();
}

/** Shows a phrase that was chosen, or the present. */
function showChosen(phrase: KnownPhrase | undefined): void {
  feed.choose(phrase);
  scene.select(phrase);
  scene.lookAt(phrase?.endsAt);
  sceneInput.say(phrase);
  toNow.hidden = phrase === undefined;
  chosenAt = clock.now();
  if (!phrase) sound.endAgain();
}

/** A phrase that was chosen longer ago than this, in ms, gives way to the next one that sounds. */
const chosenMs = 20_000;
let chosenAt = 0;

/** Plays a phrase again, and Play with it where nothing plays yet. */
async function playAgain(phrase: Phrase): Promise<number | undefined> {
  if (!sound.wants) await playFirst();
  return sound.again(company?.arrange(phrase) ?? phrase);
}

function switchBed(isOn: boolean): void {
  if (!isOn) sound.takeBed(undefined);
  listen(format);
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

function take(sent: Phrase, sentAt: number): void {
  const phrase = company?.arrange(sent) ?? sent;
  const { startAt } = phrase;
  if (newest && startAt <= newest.startAt) return;
  newest = { startAt, sentAt, isPunctual: startAt - clock.now() > 50 };
  // Sound first: the text may come a little later.
  void sound.take(phrase);
  if (story.chosen && clock.now() - chosenAt > chosenMs) story.choose(undefined);
  timeline.add(knownOf(phrase));
  company?.take(phrase);
  linkRoom(phrase);
}

/** Whether what the server has kept has been asked for. */
let hasHistory = false;
/** The phrase that the address links to, until it can sound. */
let linked: KnownPhrase | undefined;

/** Brings what the server has kept, and the phrase that the address links to. */
async function readHistory(): Promise<void> {
  if (hasHistory || !history) return;
  hasHistory = true;
  try {
    company?.learn(await history.begin(DayStrip.startOfDay(clock.now())));
    const id = linkedPhrase();
    const phrase = id === undefined ? undefined : await history.find(id);
    if (!phrase || story.chosen) return;
    linked = phrase;
    story.choose(phrase);
    // A browser that allows sound without a press plays it at once.
    await playFirst();
  } catch (error) {
    // The page goes on without its past, and asks again with the next greeting.
    hasHistory = false;
    if (!leaving.signal.aborted) feed.say(`Earlier phrases could not be read: ${String(error)}`);
  }
}

async function playFirst(): Promise<void> {
  sole.claim();
  await sound.play();
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
  company?.hear(message);
  if (type === 'connected') {
    sound.hearableMs = message.data.hearableMs ?? 0;
    lead.session = format === 'score' ? message.data : undefined;
    if (clock.hint(message.data.serverTime)) measure();
    line.greet();
    void readHistory();
  } else if (type === 'heartbeat') {
    if (clock.hint(message.data.serverTime)) measure();
  } else if (type === 'audio_buffer') {
    take(message.data, message.timestamp);
  } else if (type === 'yield') {
    sound.yieldAt(message.data.at);
    timeline.yieldAt(message.data.at);
    // What was to begin later never does: what comes now may begin before it.
    if (newest && newest.startAt >= message.data.at) newest = undefined;
  } else if (type === 'bed') {
    if (company?.hasBed) sound.takeBed(message.data);
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
  ears = openEars(
    { room, format, bed: company?.hasBed === true },
    handlers,
    AbortSignal.any([listening.signal, leaving.signal]),
  );
}

/** Goes to a happening before or after, for those who see it and those who have it read. */
function walk(step: 1 | -1): void {
  story.walk(step);
  company?.read(story.chosen);
}

function showWhy(): void {
  feed.showWhy();
  company?.read(feed.shown, 'why');
}

/** Asks for the room again, by another right. */
function reopen(): void {
  ears?.reopen();
}

// From here on it runs.
addEventListener('pagehide', () => leaving.abort());
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});
toNow.addEventListener('click', () => story.choose(undefined));
const replay = byId('replay', HTMLButtonElement);
replay.addEventListener('click', () => story.replay());
timeline.onChange(() => {
  replay.hidden = timeline.phrases.length === 0;
  sceneInput.say(story.chosen);
  dayStrip.draw();
});
if (query.has('kiosk')) {
  openKiosk({
    staysAwake: query.has('awake'),
    onPress: () => {
      if (!sound.wants || sound.audio === 'blocked') press();
    },
  });
}
showVolume();
if (room === undefined) {
  line.take({
    name: 'refused',
    reason: 'No repository is named like this. Enter it as owner/repo, or paste its address.',
  });
} else {
  signIn = new SignIn(room, { onBegin: reopen, onEnd: reopen });
  company = new Company({
    room,
    isDemo,
    clock,
    sound,
    volume,
    timeline,
    play,
    stop,
    replay: () => story.replay(),
    onBed: switchBed,
    onError: sayError,
  });
  const tries = isDemo ? new Try(room, (sentence) => feed.say(sentence)) : undefined;
  bindKeys([
    { key: 'space', does: 'play or stop', run: press },
    { key: 'm', does: 'mute, or hear it again', run: () => volume.mute(!volume.isMuted) },
    { key: 'r', does: 'replay', run: () => story.replay() },
    { key: 'x', does: 'open the mixer', run: () => company?.showMixer() },
    { key: 'w', does: 'why it sounds so', run: showWhy },
    { key: 'j', does: 'an earlier happening', run: () => walk(-1) },
    { key: 'k', does: 'a later happening', run: () => walk(1) },
    ...(tries?.keys ?? []),
  ]);
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
    page.showPresence(company?.listeners, clock.errorMs);
    company?.tick();
    write(busy, busyWords(timeline.phrases, clock.now()));
    void line.tick(leaving.signal);
    showState();
  }, tickMs);
}
