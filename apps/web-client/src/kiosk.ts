import { byId } from './page.ts';

/** Time in ms between two moves of the picture, so that nothing bright stands still on a screen for years. */
const driftMs = 60_000;

/** How far the picture moves, as a share of the width of the window: further than its thickest strokes are wide. */
const driftShare = 0.006;

/** What a page on a wall does. */
export interface KioskOptions {
  /** Whether the screen is to stay awake. */
  readonly staysAwake: boolean;
  /** Called when someone touches the wall, or presses a key. */
  onPress(): void;
}

/** Makes the page fit for a wall: without controls, with a clock, and with nothing bright that stands still. */
export function openKiosk({ staysAwake, onPress }: KioskOptions): void {
  const { documentElement: root } = document;
  root.classList.add('kiosk');
  const clock = byId('clock', HTMLElement) as HTMLTimeElement;
  clock.hidden = false;
  // With how many others one hears the room is for everyone to read there.
  byId('open-timing', HTMLButtonElement).replaceWith(byId('presence', HTMLElement));
  const tell = (): void => {
    const now = new Date();
    clock.dateTime = now.toISOString();
    clock.textContent = now.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    setTimeout(tell, 60_000 - (now.getTime() % 60_000));
  };
  tell();
  let step = 0;
  const drift = (): void => {
    // Around a circle whose steps do not repeat soon.
    const angle = step++ * 2.4;
    const reach = innerWidth * driftShare;
    root.style.setProperty('--drift-x', `${Math.round(reach * Math.cos(angle))}px`);
    root.style.setProperty('--drift-y', `${Math.round(reach * Math.sin(angle))}px`);
  };
  drift();
  setInterval(drift, driftMs);
  addEventListener('pointerup', onPress);
  addEventListener('keydown', onPress);
  if (staysAwake) void stayAwake();
}

/** Asks the browser to keep the screen on, and again when the page comes back: hiding the page ends a lock. */
async function stayAwake(): Promise<void> {
  const ask = async (): Promise<void> => {
    if (document.visibilityState !== 'visible') return;
    // A browser may refuse it, on a low battery for example: the screen sleeps then.
    await navigator.wakeLock?.request('screen').catch(() => {});
  };
  document.addEventListener('visibilitychange', () => void ask());
  await ask();
}
