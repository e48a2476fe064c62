import { type Browser, launch } from 'puppeteer-core';
import { findOnPath } from './find-on-path.ts';

/** Finds a Firefox: `FIREFOX_PATH`, else the first known name on `PATH`; undefined where there is none. */
export function findFirefox(): string | undefined {
  return process.env.FIREFOX_PATH || findOnPath(['firefox-esr', 'firefox']);
}

/**
 * Starts a real, headless Firefox that asks no outside host for anything.
 * @param pulseServer - the sound server that it plays to; none by default, as on a machine without a loudspeaker
 * @throws {Error} when there is no Firefox
 */
export function launchFirefox(pulseServer = 'unix:/nowhere'): Promise<Browser> {
  const executablePath = findFirefox();
  if (executablePath === undefined) throw new Error('No Firefox found: install firefox-esr or set FIREFOX_PATH.');
  return launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    env: { ...process.env, PULSE_SERVER: pulseServer },
    extraPrefsFirefox: {
      // Nothing of its own goes out.
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  });
}
