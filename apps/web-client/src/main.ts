import type { StreamMessage } from '@bnc/contracts';
import { busyWords } from './busy.ts';
import { Chronicle } from './chronicle.ts';
import { askServer, ServerClock } from './clock.ts';
import { Company } from './company.ts';
import { bindKeys } from './keys.ts';
import { openKiosk } from './kiosk.ts';
import { Lead } from './lead.ts';
import { Line } from './line.ts';
import { listenerKeys } from './listener-keys.ts';
import { MixStore } from './mix-store.ts';
import { byId, Page, write } from './page.ts';
import type { Phrase } from './phrase.ts';
import type { Entry } from './phrase-player.ts';
import { Reception } from './reception.ts';
import { RoomHead } from './room-head.ts';
import { SignIn } from './sign-in.ts';
import { Sound } from './sound.ts';
import { stateOf } from './state-word.ts';
import { remember, remembered } from './storage.ts';
import { Try } from './try.ts';
import { Volume } from './volume.ts';

/** Time in ms between two checks of the clocks, the connection and the sound. */
const tickMs = 1000;

// What the page is made of.
const query = new URLSearchParams(location.search);
const head = new RoomHead(query);
const { isDemo, name: room = '' } = head;
const leaving = new AbortController();
const store = new MixStore();
const clock = new ServerClock({ ask: askServer });
const volume = new Volume(store.volume, showVolume, Number(remembered('rests-until')) || 0);
const line = new Line(showState);
const lead = new Lead();
const sound = new Sound({
  clock,
  volume,
  levelOf: (phrase) => company.levelOf(phrase),
  onChange: showState,
  onEntry: takeEntry,
  onLateNotes: (notes) => lead.noteLate(notes),
  onError: sayError,
});
const chronicle = new Chronicle({
  room,
  clock,
  signal: leaving.signal,
  heardNow: () => sound.heardNow,
  play: playAgain,
  endAgain: () => sound.endAgain(),
  beginsByPress: () => company.beginsByPress,
  onPast: (past) => company.learn(past),
  // A browser that allows sound without a press plays it at once.
  onLinked: () => (sound.wants ? showState() : play()),
  onError: sayError,
});
const page = new Page(volume, press);
const company = new Company({
  room,
  isDemo,
  store,
  clock,
  sound,
  volume,
  timeline: chronicle.timeline,
  play,
  replay: () => chronicle.replay(),
  onBed: switchBed,
  onError: sayError,
});
const reception = new Reception(
  {
    room,
    format: query.get('format') || 'score',
    line,
    lead,
    now: () => clock.now(),
    hasBed: () => store.bed,
    onPhrase: takePhrase,
    onMessage: takeMessage,
  },
  leaving.signal,
);
/** The form to sign in, if the page has a room. */
const signIn = head.name && new SignIn(room, () => reception.reopen());
const busy = byId('busy', HTMLParagraphElement);

// What one hears, and what one does about it.

function showState(): void {
  const state = stateOf({
    isOnline: navigator.onLine,
    // A page that opens does not know the time yet.
    connection: line.state === 'live' && !clock.hasBeenSure ? 'connecting' : line.state,
    isCatchingUp: line.state === 'live' && !clock.isSure,
    wantsSound: sound.wants,
    isElsewhere: sound.isElsewhere,
    audio: sound.audio,
    isMuted: volume.isMuted,
    isResting: volume.isResting,
    isSounding: sound.isSounding,
  });
  if (sound.wants && sound.audio === 'running') chronicle.hearLinked();
  company.showState(state, sound.wants);
  // Where the browser waits for a press, the button is the one to press.
  if (!page.showState(state, line, sound.wants && sound.audio !== 'blocked')) return;
  if (line.state === 'live' && signIn) signIn.hide();
  if (page.isShut) close(state === 'private' ? 'Sign in to hear it.' : 'If it is private, sign in to hear it.');
}

/** Closes the room, because access has ended or there is none: nothing of it stays on the page, or sounds. */
function close(wayIn: string): void {
  reception.forget();
  chronicle.close(line.reason);
  write(busy, '');
  sound.forget();
  company.close();
  head.close();
  // Without the ways to sign in that the server has, the form still takes a token.
  if (signIn) void signIn.offer(wayIn).catch(() => {});
}

function showVolume(): void {
  page.showVolume(volume);
  sound.applyVolume();
  store.volume = volume.percent;
  remember('rests-until', String(volume.restsUntil));
  showState();
}

function press(): void {
  if (sound.wants && sound.audio !== 'blocked') sound.stop();
  else play();
}

function play(): void {
  sound.play().catch(sayError);
}

/** Plays a phrase again, and starts to play if nothing plays yet. */
async function playAgain(phrase: Phrase): Promise<number | undefined> {
  if (!sound.wants) await sound.play();
  return sound.again(company.arrange(phrase));
}

function switchBed(isOn: boolean): void {
  if (!isOn) sound.takeBed(undefined);
  reception.listen();
}

/** Says why a phrase is not heard. The words of the serializer are for programs. */
function sayError(error: unknown): void {
  const { code = '', message = String(error) } = error as { readonly code?: string; readonly message?: string };
  const isDamaged = code.startsWith('SERIALIZER_') && code !== 'SERIALIZER_FETCH';
  const why = isDamaged
    ? 'its clip is damaged.'
    : code === 'SERIALIZER_FETCH'
      ? 'its clip could not be fetched.'
      : message;
  chronicle.say(`This phrase could not be played: ${why}`);
}

// What the server sends.

function takePhrase(sent: Phrase): void {
  const phrase = company.arrange(sent);
  // Sound first: the text may come a little later.
  void sound.phrases.take(phrase);
  sound.prepareHello();
  chronicle.take(phrase);
  company.take(phrase);
  head.linkBy(phrase.activity.url);
}

const lateWords: { readonly [entry in Entry]?: string } = {
  late: 'This phrase came late, so the page joined in partway.',
  'at the next bar': 'This phrase came late, so the page joins in at the next bar.',
  'too late': 'This phrase came too late to be heard.',
};

function takeEntry(entry: Entry, phrase: Phrase, readyMs: number): void {
  const words = lateWords[entry];
  if (words) chronicle.say(words);
  reception.noteEntry(entry, phrase, readyMs);
}

function takeMessage(message: StreamMessage): void {
  const { type } = message;
  company.hear(message);
  chronicle.hear(message);
  if ((type === 'connected' || type === 'heartbeat') && clock.hint(message.data.serverTime)) measure();
  if (type === 'connected') sound.phrases.hearableMs = message.data.hearableMs ?? 0;
  else if (type === 'yield') sound.yieldAt(message.data.at);
  else if (type === 'gain') sound.phrases.setGain(message.data.phraseId, message.data.gain);
  else if (type === 'bed' && store.bed) sound.takeBed(message.data);
}

// What goes on by itself.

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

/** Asks for the time and the room again: the machine has slept, or its network has come back. */
function wake(): void {
  measure();
  reception.reopen();
}

function tick(): void {
  if (clock.tick()) {
    sound.wake();
    wake();
  } else if (clock.isDue && line.state === 'live') measure();
  sound.tick();
  page.showPresence(line.state === 'live' ? { listeners: company.listeners, errorMs: clock.errorMs } : undefined);
  company.tick();
  write(busy, busyWords(chronicle.timeline.phrases, clock.now()));
  void line.tick(leaving.signal);
  showState();
}

// From here on it runs.
addEventListener('pagehide', () => leaving.abort());
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
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
if (head.name === undefined) {
  const reason = 'This is not a valid repository name.';
  line.take({ name: 'refused', reason });
} else {
  const tries = isDemo ? new Try(room, (sentence) => chronicle.say(sentence)) : undefined;
  const keys = listenerKeys({ volume, chronicle, company, press });
  bindKeys([...keys, ...(tries?.keys ?? [])], () => !page.isShut);
  company.begin();
  reception.listen();
  addEventListener('online', wake);
  addEventListener('offline', showState);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') measure();
  });
  addEventListener('hashchange', () => {
    if (store.isOutdated) location.reload();
    else chronicle.followLink();
  });
  setInterval(tick, tickMs);
}
