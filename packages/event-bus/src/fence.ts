/** The parts of a fence: which delivery it belongs to, and who owned the partition then. */
export interface Fence {
  /** Place of the delivered entry in the log. */
  readonly seq: number;
  readonly partition: number;
  /** The owner and its token. A later owner of the partition has another token. */
  readonly owner: string;
  /** Name of the group inside the transport. */
  readonly group: string;
}

/** Writes a fence as text. `owner` must not contain a colon. */
export function formatFence({ seq, partition, owner, group }: Fence): string {
  return `${seq}:${partition}:${owner}:${group}`;
}

/**
 * Reads a fence.
 * @throws {TypeError} when the text is not a fence.
 */
export function parseFence(fence: string): Fence {
  const [, seq, partition, owner = '', group = ''] = /^(\d+):(\d+):([^:]+):(.+)$/s.exec(fence) ?? [];
  if (seq === undefined) {
    throw new TypeError(`fence must be the fence of an event, got ${fence.slice(0, 80)}`);
  }
  return { seq: Number(seq), partition: Number(partition), owner, group };
}

/** Returns the name of an owned group inside a transport. */
export function ownedName(group: string, pattern: string): string {
  return JSON.stringify([group, pattern, 'owned']);
}
