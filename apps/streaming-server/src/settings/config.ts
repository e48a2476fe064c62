import { resolve } from 'node:path';
import { demoRepoId } from '../demo/scenes.ts';
import { readMergedRooms } from '../rooms/merged-rooms.ts';
import type { MergedRoom } from '../rooms/tables.ts';
import { type DoorsConfig, doorSettings, readDoors } from './doors.ts';

/** A setting is missing or wrong; the message names the variable and says what to write instead. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: 'CONFIG_INVALID' | 'CONFIG_DATA_DIR' | 'CONFIG_SECRET';

  constructor(code: ConfigError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A server ends within 10 s of a signal: five to serve on, and five to close. */
const maxDrainSeconds = 5;

/** Settings of one server, all present and valid. */
export interface Config {
  /** TCP port; 0 asks the system for a free one. */
  readonly port: number;
  /** Address to listen on. */
  readonly host: string;
  /** TCP port of HTTP/2 without TLS, for a proxy; 0 asks the system for a free one; absent if it is not served. */
  readonly http2Port?: number;
  /** Folder of everything that survives a restart. */
  readonly dataDir: string;
  /** Webhook secrets of the operator. If empty, a secret is made and kept in `dataDir`. */
  readonly webhookSecrets: readonly string[];
  /** Bearer tokens of the operator. */
  readonly adminTokens: readonly string[];
  /** Bearer tokens that open the metrics. */
  readonly metricsTokens: readonly string[];
  /**
   * Time in seconds for which a server still serves after the signal to stop, while `/readyz` says that it is leaving.
   */
  readonly drainSeconds: number;
  /** Who may listen to a repository that no delivery has named. */
  readonly streamDefaultAccess: 'public' | 'deny';
  /** Whether the demo room plays recorded deliveries while it has listeners. */
  readonly demo: boolean;
  /** Rooms in which several repositories are heard together. */
  readonly rooms: readonly MergedRoom[];
  /** Streams that may be open at one time. */
  readonly maxStreams: number;
  /** Days for which phrases are kept. */
  readonly historyDays: number;
  /** URL of a Redis that several servers share; absent if everything is embedded. */
  readonly redisUrl?: string;
  /** Who may come in, and how. */
  readonly doors: DoorsConfig;
  /** True when `NODE_ENV` is `production`. */
  readonly production: boolean;
}

/** One setting: its variable, its flag and how both are read. */
export interface Setting {
  readonly variable: string;
  readonly flag?: string;
  readonly value: string;
  readonly fallback: string;
  readonly about: string;
}

/** Every setting, in the order in which the help lists them. Secrets have no flag: command lines are public. */
export const settings: readonly Setting[] = [
  { variable: 'PORT', flag: 'port', value: 'number', fallback: '3000', about: 'port to listen on; 0 takes a free one' },
  { variable: 'HOST', flag: 'host', value: 'address', fallback: '127.0.0.1', about: 'address to listen on' },
  {
    variable: 'HTTP2_PORT',
    flag: 'http2-port',
    value: 'number',
    fallback: 'none',
    about: 'a second port, for a proxy that speaks HTTP/2 without TLS; 0 takes a free one',
  },
  {
    variable: 'DATA_DIR',
    flag: 'data-dir',
    value: 'folder',
    fallback: './data',
    about: 'the folder of everything that survives a restart',
  },
  {
    variable: 'GITHUB_WEBHOOK_SECRETS',
    value: 'a,b',
    fallback: 'one is made',
    about: 'secrets that sign deliveries, 16 bytes or more each, newest first',
  },
  {
    variable: 'ADMIN_TOKENS',
    value: 'a,b',
    fallback: 'none',
    about: "operator's bearer tokens, 32 bytes or more each",
  },
  {
    variable: 'METRICS_TOKENS',
    value: 'a,b',
    fallback: 'none',
    about: 'bearer tokens that may read /metrics and no more, 32 bytes or more each',
  },
  {
    variable: 'DRAIN_SECONDS',
    flag: 'drain-seconds',
    value: 'number',
    fallback: '0',
    about: 'seconds to serve on after SIGTERM while /readyz is red, 0 to 5, for a load balancer to notice',
  },
  {
    variable: 'STREAM_DEFAULT_ACCESS',
    flag: 'stream-default-access',
    value: 'public|deny',
    fallback: 'public on loopback outside production, else deny',
    about: 'who may listen to a repository that no delivery has named',
  },
  {
    variable: 'DEMO',
    flag: 'demo',
    value: 'on|off',
    fallback: 'on outside production',
    about: `play recorded deliveries in the room ${demoRepoId}`,
  },
  {
    variable: 'ROOMS',
    flag: 'rooms',
    value: 'room:owner/*,owner/repo',
    fallback: 'a room for each repository',
    about: 'repositories that are heard together in one room; semicolons between rooms',
  },
  {
    variable: 'HISTORY_DAYS',
    flag: 'history-days',
    value: 'number',
    fallback: '30',
    about: 'days for which the phrases of a room are kept, 1 to 3650',
  },
  {
    variable: 'MAX_STREAMS',
    flag: 'max-streams',
    value: 'number',
    fallback: '10000',
    about: 'streams that may be open at one time, 1 to 1000000',
  },
  {
    variable: 'REDIS_URL',
    value: 'redis://…',
    fallback: 'embedded',
    about: 'one Redis for several servers',
  },
  ...doorSettings,
];

function invalid(setting: string, problem: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', `${setting} ${problem}`);
}

function list(variable: string, text: string | undefined, minBytes: number): readonly string[] {
  if (text === undefined) return [];
  const values = text.split(',').map((value) => value.trim());
  for (const value of values) {
    if (value === '') {
      throw invalid(variable, 'is empty or has an empty entry: write secrets with commas between them, or unset it.');
    }
    if (Buffer.byteLength(value) < minBytes) {
      throw invalid(
        variable,
        `has an entry of fewer than ${minBytes} bytes: write a longer one, such as the output of 'openssl rand -hex 32'.`,
      );
    }
  }
  return values;
}

function oneOf<Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === text.toLowerCase());
  if (choice === undefined) throw invalid(name, `must be ${choices.join(' or ')}, not '${text}'.`);
  return choice;
}

function roomsOf(name: string, text: string): readonly MergedRoom[] {
  try {
    return readMergedRooms(text);
  } catch (error) {
    throw invalid(name, `${(error as Error).message}.`);
  }
}

/** Tells whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|\[?::1\]?|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.test(host);
}

/**
 * Reads the settings from flags and environment; flags win.
 * @throws {ConfigError} `CONFIG_INVALID` naming the variable or flag that is wrong.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | undefined>> = {},
): Config {
  const read = (variable: string): { name: string; text: string } | undefined => {
    const flag = settings.find((setting) => setting.variable === variable)?.flag;
    const fromFlag = flag === undefined ? undefined : flags[flag];
    if (fromFlag !== undefined) return { name: `--${flag}`, text: fromFlag };
    const fromEnv = env[variable];
    return fromEnv === undefined || (fromEnv === '' && flag !== undefined)
      ? undefined
      : { name: variable, text: fromEnv };
  };

  const production = env.NODE_ENV === 'production';
  const readPort = (variable: string): number | undefined => {
    const setting = read(variable);
    if (!setting) return undefined;
    const { name, text } = setting;
    if (/^\d{1,5}$/.test(text.trim()) && Number(text) <= 65_535) return Number(text);
    throw invalid(name, `must be a whole number from 0 to 65535, not '${text}'.`);
  };
  const http2Port = readPort('HTTP2_PORT');
  const hostSetting = read('HOST');
  const host = hostSetting?.text ?? '127.0.0.1';
  if (!/^[\w.:-]{1,253}$/.test(host)) {
    throw invalid(hostSetting?.name ?? 'HOST', `must be a host name or an IP address, not '${host}'.`);
  }
  const access = read('STREAM_DEFAULT_ACCESS');
  const demo = read('DEMO');
  const roomsSetting = read('ROOMS');
  const days = read('HISTORY_DAYS');
  const historyDays = Number(days?.text ?? 30);
  if (!(Number.isInteger(historyDays) && historyDays >= 1 && historyDays <= 3650)) {
    throw invalid(days?.name ?? 'HISTORY_DAYS', `must be a whole number from 1 to 3650, not '${days?.text}'.`);
  }
  const streams = read('MAX_STREAMS');
  const maxStreams = Number(streams?.text ?? 10_000);
  if (!(Number.isInteger(maxStreams) && maxStreams >= 1 && maxStreams <= 1_000_000)) {
    throw invalid(streams?.name ?? 'MAX_STREAMS', `must be a whole number from 1 to 1000000, not '${streams?.text}'.`);
  }
  const drain = read('DRAIN_SECONDS');
  const drainSeconds = Number(drain?.text ?? 0);
  if (!(drainSeconds >= 0 && drainSeconds <= maxDrainSeconds)) {
    throw invalid(
      drain?.name ?? 'DRAIN_SECONDS',
      `must be a number from 0 to ${maxDrainSeconds}, not '${drain?.text}'.`,
    );
  }
  const redisUrl = read('REDIS_URL')?.text;
  if (redisUrl !== undefined && !(URL.canParse(redisUrl) && /^rediss?:$/.test(new URL(redisUrl).protocol))) {
    throw invalid('REDIS_URL', 'must be a URL that starts with redis:// or rediss://.');
  }

  return {
    port: readPort('PORT') ?? 3000,
    host,
    ...(http2Port !== undefined && { http2Port }),
    dataDir: resolve(read('DATA_DIR')?.text ?? './data'),
    webhookSecrets: list('GITHUB_WEBHOOK_SECRETS', env.GITHUB_WEBHOOK_SECRETS, 16),
    adminTokens: list('ADMIN_TOKENS', env.ADMIN_TOKENS, 32),
    metricsTokens: list('METRICS_TOKENS', env.METRICS_TOKENS, 32),
    drainSeconds,
    streamDefaultAccess: access
      ? oneOf(access.name, access.text, ['public', 'deny'])
      : isLoopback(host) && !production
        ? 'public'
        : 'deny',
    demo: demo ? oneOf(demo.name, demo.text, ['on', 'off']) === 'on' : !production,
    rooms: roomsSetting ? roomsOf(roomsSetting.name, roomsSetting.text) : [],
    maxStreams,
    historyDays,
    ...(redisUrl !== undefined && { redisUrl }),
    doors: readDoors({ read, list: (variable, minBytes) => list(variable, env[variable], minBytes), invalid }),
    production,
  };
}
