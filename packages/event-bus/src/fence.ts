/** What a fence says: which delivery, and whose the partition was when it was made. */
export interface Fence {
  /** Place of the delivered entry in the log. */
  readonly seq: number;
  readonly partition: number;
  /** Owner and its token, which no later owner of the partition shares. */
  readonly owner: string;
  /** Name of the group, as the transport keeps it. */
  readonly group: string;
}

/** Writes a fence as text. `owner` must have no colon. */
export function formatFence({ seq, partition, owner, group }: Fence): string {
  return `${seq}:${partition}:${owner}:${group}`;
}

/** Reads a fence; throws a TypeError when it is not one. */
export function parseFence(fence: string): Fence {
  const [, seq, partition, owner = '', group = ''] = /^(\d+):(\d+):([^:]+):(.+)$/s.exec(fence) ?? [];
  if (seq === undefined) {
    throw new TypeError(`fence must be the fence of an event, got ${fence.slice(0, 80)}`);
  }
  return { seq: Number(seq), partition: Number(partition), owner, group };
}

/** Names an owned group inside a transport. */
export function ownedName(group: string, pattern: string): string {
  return JSON.stringify([group, pattern, 'owned']);
}
