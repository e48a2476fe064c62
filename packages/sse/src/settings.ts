import { checkChoice, checkFunction, checkLine, checkObject, checkStart, checkText, checkWhole } from './check.ts';
import { maxChannels } from './joined-id.ts';
import type { HistoryLimits, SSEConnectOptions, SSELimits, SSEManagerOptions, SSEStreamOptions } from './options.ts';

/** The options of a manager, checked, with their defaults. */
export interface Settings {
  readonly heartbeatMs: number;
  readonly stallMs: number;
  readonly waitMs: number;
  readonly limits: Readonly<Record<keyof SSELimits, number>>;
  readonly history: Readonly<Record<keyof HistoryLimits, number>>;
}

const hooks = [
  'connected',
  'heartbeat',
  'reset',
  'disconnected',
  'onConnect',
  'onDisconnect',
  'reauthorize',
  'onError',
] as const;

/**
 * Checks the options of a manager; `undefined` means the default.
 * @throws {TypeError} when one has the wrong type.
 * @throws {RangeError} when a number is not whole or too small.
 */
export function readSettings<Events extends object>(options: SSEManagerOptions<Events>): Settings {
  checkObject('options', options);
  const { heartbeatMs = 30_000, stallMs = 30_000, waitMs = 30_000, slow, limits = {}, history = {} } = options;
  checkWhole('heartbeatMs', heartbeatMs, 0);
  checkWhole('stallMs', stallMs, 1);
  checkWhole('waitMs', waitMs, 1);
  if (slow !== undefined && typeof slow !== 'function') checkChoice('slow', slow, ['latest', 'disconnect']);
  for (const hook of hooks) checkFunction(hook, options[hook]);
  const none = Number.POSITIVE_INFINITY;
  return {
    heartbeatMs,
    stallMs,
    waitMs,
    limits: readNumbers('limits', limits, {
      maxConnections: [10_000, 1],
      maxPerChannel: [none, 1],
      maxPerAddress: [none, 1],
      maxBacklogBytes: [2 ** 20, 0],
    }),
    history: readNumbers('history', history, {
      maxBytes: [16 * 2 ** 20, 0],
      maxTotalBytes: [256 * 2 ** 20, 0],
      maxMessages: [1_000, 1],
      maxAgeMs: [300_000, 0],
    }),
  };
}

/**
 * Checks the options of a stream, apart from its channels.
 * @throws {TypeError} when one has the wrong type.
 * @throws {RangeError} when `heartbeatMs` is not whole, or below 0.
 */
export function checkConnectOptions(options: SSEStreamOptions): void {
  checkObject('options', options);
  const { start, heartbeatMs, headers, expiresAt, signal, onClose } = options;
  for (const name of ['clientId', 'resumeKey', 'variant', 'lastEventId', 'address'] as const) {
    if (options[name] !== undefined) checkText(name, options[name]);
  }
  if (start !== undefined && typeof start !== 'function') checkStart(start);
  if (heartbeatMs !== undefined) checkWhole('heartbeatMs', heartbeatMs, 0);
  if (headers !== undefined) checkObject('headers', headers);
  if (expiresAt !== undefined && (typeof expiresAt !== 'number' || Number.isNaN(expiresAt))) {
    throw new TypeError(`expiresAt must be a time in epoch ms: ${String(expiresAt)}`);
  }
  if (signal !== undefined && typeof (signal as Partial<AbortSignal>).addEventListener !== 'function') {
    throw new TypeError('signal must be an AbortSignal');
  }
  checkFunction('onClose', onClose);
}

/**
 * Returns the names of the channels of a stream, each once.
 * @throws {TypeError} when a name is not text, or contains CR, LF or NUL; or when both `channel` and `channels` are
 * given.
 * @throws {RangeError} when there are none, or more than 16.
 */
export function channelsOf({ channel, channels }: SSEConnectOptions): string[] {
  if (channels === undefined) {
    checkLine('channel', channel);
    return [channel];
  }
  if (channel !== undefined) throw new TypeError('give channel or channels, not both');
  if (!Array.isArray(channels)) throw new TypeError(`channels must be a list of names: ${typeof channels}`);
  const names = new Set<string>(channels);
  for (const name of names) checkLine('channels', name);
  if (names.size === 0 || names.size > maxChannels) {
    throw new RangeError(`channels must be 1 to ${maxChannels} names: ${names.size}`);
  }
  return [...names];
}

/** Reads numbers by name, each with its default and its least value. */
function readNumbers<Name extends string>(
  group: string,
  given: Readonly<Partial<Record<Name, number | undefined>>>,
  known: Readonly<Record<Name, readonly [standard: number, least: number]>>,
): Record<Name, number> {
  checkObject(group, given);
  const read = {} as Record<Name, number>;
  for (const name of Object.keys(known) as Name[]) {
    const [standard, least] = known[name];
    const { [name]: value = standard } = given;
    checkWhole(`${group}.${name}`, value, least);
    read[name] = value;
  }
  return read;
}
