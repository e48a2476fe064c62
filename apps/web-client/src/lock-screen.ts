import { byId } from './page.ts';
import { serverUrl } from './server-url.ts';

/** Width and height of the picture on a lock screen, in pixels. */
const artworkSize = 256;

/** What a phone's keys and lock screen can do. */
export interface LockScreenActions {
  play(): void;
  stop(): void;
}

/**
 * Shows what happens on the lock screen of a phone, with a still of the scene, and takes its keys. A phone does this
 * for media elements only, so an element plays silence while the room plays.
 */
export class LockScreen {
  readonly #session: MediaSession | undefined = navigator.mediaSession;
  readonly #silence = new Audio(serverUrl('silence.flac'));
  readonly #scene = byId('scene', HTMLCanvasElement);
  #isPlaying = false;

  constructor({ play, stop }: LockScreenActions) {
    // A phone that is switched to silent still plays music; without this, an iPhone would take it for a ringtone.
    const { audioSession } = navigator as { readonly audioSession?: { type: string } };
    if (audioSession) audioSession.type = 'playback';
    this.#silence.loop = true;
    this.#silence.preload = 'none';
    for (const [action, run] of [
      ['play', play],
      ['pause', stop],
      ['stop', stop],
    ] as const) {
      this.#session?.setActionHandler(action, run);
    }
  }

  /** Shows whether the room plays here. */
  set isPlaying(isPlaying: boolean) {
    if (this.#isPlaying === isPlaying) return;
    this.#isPlaying = isPlaying;
    if (isPlaying) void this.#silence.play().catch(() => {});
    else this.#silence.pause();
    if (this.#session) this.#session.playbackState = isPlaying ? 'playing' : 'paused';
  }

  /** Shows a phrase. */
  show(title: string, room: string): void {
    if (!this.#session) return;
    const artwork = [{ src: this.#still(), sizes: `${artworkSize}x${artworkSize}`, type: 'image/png' }];
    this.#session.metadata = new MediaMetadata({ title, artist: room, album: 'bots-n-cats', artwork });
  }

  /** Forgets what it shows. */
  clear(): void {
    if (this.#session) this.#session.metadata = null;
    this.isPlaying = false;
  }

  /** Returns a picture of the scene around its now-line. */
  #still(): string {
    const still = document.createElement('canvas');
    still.width = artworkSize;
    still.height = artworkSize;
    const context = still.getContext('2d');
    const { width, height } = this.#scene;
    const side = Math.min(width, height);
    if (!context || side === 0) return serverUrl('icon.svg');
    context.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    context.fillRect(0, 0, artworkSize, artworkSize);
    const left = Math.min(width - side, Math.max(0, width * 0.8 - side * 0.8));
    context.drawImage(this.#scene, left, (height - side) / 2, side, side, 0, 0, artworkSize, artworkSize);
    return still.toDataURL('image/png');
  }
}
