import { SSEError, type SSEErrorCode } from './errors.ts';
import type { Settings } from './settings.ts';

/** Range in ms over which `clients` should come back: 250 ms for up to 41, 30 s for 5,000 and more. */
export function spreadMs(clients: number): number {
  return Math.min(30_000, Math.max(250, clients * 6));
}

/** A request for a stream, and how many streams are open already. */
export interface Asking {
  readonly total: number;
  /** Streams in each of its channels, without the one that it replaces. */
  readonly inChannels: readonly number[];
  readonly address: string | undefined;
  /** The stream that this one replaces, if any. */
  readonly replaces: { readonly address: string | undefined } | undefined;
}

/** Decides who gets a stream. An open stream never gives way to a new one: its client would come back at once. */
export class Admission {
  readonly #limits: Settings['limits'];
  readonly #byAddress = new Map<string, number>();
  readonly #onRefused: (code: SSEErrorCode) => void;

  constructor(limits: Settings['limits'], onRefused: (code: SSEErrorCode) => void) {
    this.#limits = limits;
    this.#onRefused = onRefused;
  }

  /** @throws {SSEError} when a limit is reached. */
  check({ total, inChannels, address, replaces }: Asking): void {
    const { maxConnections, maxPerChannel, maxPerAddress } = this.#limits;
    if (total - (replaces ? 1 : 0) >= maxConnections) {
      this.refuse('SSE_TOO_MANY_CONNECTIONS', `All ${maxConnections} streams are taken: try again later.`, total);
    }
    if (inChannels.some((streams) => streams >= maxPerChannel)) {
      this.refuse(
        'SSE_CHANNEL_FULL',
        `All ${maxPerChannel} streams of this channel are taken: try again later.`,
        total,
      );
    }
    if (address === undefined) return;
    const fromAddress = (this.#byAddress.get(address) ?? 0) - (replaces?.address === address ? 1 : 0);
    if (fromAddress >= maxPerAddress) {
      this.refuse(
        'SSE_TOO_MANY_FROM_ADDRESS',
        `This address has ${maxPerAddress} streams open: close one first.`,
        total,
      );
    }
  }

  /** Counts a refusal and throws it. */
  refuse(code: SSEErrorCode, why: string, clients: number): never {
    this.#onRefused(code);
    const retryAfter = 1 + Math.floor((Math.random() * spreadMs(clients)) / 1000);
    throw new SSEError(code, why, isHopeless(code) ? {} : { retryAfter });
  }

  enter(address: string | undefined): void {
    if (address !== undefined) this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
  }

  leave(address: string | undefined): void {
    if (address === undefined) return;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }
}

/** Whether the same request will be refused again, however late it is sent. */
function isHopeless(code: SSEErrorCode): boolean {
  return code === 'SSE_NOT_ACCEPTABLE' || code === 'SSE_PIPELINED';
}
