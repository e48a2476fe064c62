import { type Browser, chromium } from 'playwright';
import { findOnPath } from './find-on-path.ts';

const names = ['chromium-headless-shell', 'chromium', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Finds a Chromium: `CHROMIUM_PATH`, else the first known name on `PATH`. */
export function findChromium(): string {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  const found = findOnPath(names);
  if (!found) throw new Error('No Chromium found: install chromium-headless-shell or set CHROMIUM_PATH to a browser.');
  return found;
}

/** Starts a real, headless Chromium that may play sound without a click and asks no outside host for anything. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      '--autoplay-policy=no-user-gesture-required',
      // A name that is not of this machine: a page from there has no secure context.
      '--host-resolver-rules=MAP office-pc 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
    ],
  });
}
