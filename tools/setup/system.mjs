/** Libraries and programs of the system that npm does not bring: installed as root on Debian, else named. */
import { join } from 'node:path';
import { onPath, root, run, tail } from './processes.mjs';
import { Lack } from './reasons.mjs';

/** Programs that the tests use as they are, and the Debian package that brings each. */
const testPrograms = {
  'chromium-headless-shell|chromium|google-chrome': 'chromium-headless-shell',
  'redis-server|valkey-server': 'redis-server',
  flac: 'flac',
  opusinfo: 'opus-tools',
  sox: 'sox',
  ffmpeg: 'ffmpeg',
  aubio: 'aubio-tools',
};
/** What some of the long tests use besides; without them those are skipped. */
const soakPrograms = {
  nginx: 'nginx',
  iptables: 'iptables',
  promtool: 'prometheus',
  caddy: 'caddy',
  'firefox-esr|firefox': 'firefox-esr',
  pulseaudio: 'pulseaudio',
};

const isRoot = process.getuid?.() === 0;
const canApt = isRoot && onPath('apt-get');

async function apt(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  let result = await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
  if (result.code !== 0) {
    await run('apt-get', ['update'], { env });
    result = await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
  }
  return result;
}

/** The audio engine is a native library that links ALSA, even though nothing here plays on a sound card. */
export async function checkAudio({ node }) {
  const probe = () =>
    run(node, ['-e', "require('node-web-audio-api')"], { cwd: join(root, 'packages/offline-renderer') });
  let { code, output } = await probe();
  if (code === 0) return undefined;
  const advice =
    "To do: install ALSA's library: 'apt-get install libasound2' (Debian 12), 'apt-get install libasound2t64' (Debian 13, Ubuntu 24), 'dnf install alsa-lib' (Fedora), then run the same command again.";
  if (!output.includes('libasound')) {
    throw new Lack(
      `The audio engine does not load on ${process.platform}-${process.arch}:\n${tail(output)}\n\nIt needs glibc Linux, macOS or Windows on x64 or arm64 (Alpine Linux is not supported).`,
    );
  }
  if (!canApt) {
    throw new Lack(
      `The audio engine needs libasound.so.2, which this system lacks${isRoot ? '' : ', and only root may install it'}.\n${advice}`,
    );
  }
  if ((await apt(['libasound2'])).code !== 0) await apt(['libasound2t64']);
  ({ code, output } = await probe());
  if (code !== 0) {
    throw new Lack(`The audio engine still does not load after installing libasound2:\n${tail(output)}\n${advice}`);
  }
  return 'installed libasound2';
}

export async function bringTestPrograms(job) {
  const named = { 'chromium-headless-shell': process.env.CHROMIUM_PATH, 'redis-server': process.env.REDIS_SERVER };
  const wished = Object.entries(soakPrograms).filter(([names]) => !names.split('|').some(onPath));
  // One by one: a system that does not know one of them gets the others.
  if (job.startsWith('soak') && canApt) for (const [, debian] of wished) await apt([debian]);
  const missing = Object.entries(testPrograms)
    .filter(([names, debian]) => !named[debian] && !names.split('|').some(onPath))
    .map(([, debian]) => debian);
  if (missing.length === 0) return undefined;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!canApt) {
    throw new Lack(
      `The tests need programs that this system lacks: ${missing.join(', ')}.\nTo do, on Debian or Ubuntu as root:\n  ${command}\nElsewhere install them your way; CHROMIUM_PATH and REDIS_SERVER may name a browser and a Redis (or Valkey) server.`,
    );
  }
  const { code, output } = await apt(missing);
  if (code !== 0) {
    throw new Lack(`Could not install ${missing.join(', ')}:\n${tail(output)}\nTo do, as root:\n  ${command}`);
  }
  return `installed ${missing.join(', ')}`;
}
