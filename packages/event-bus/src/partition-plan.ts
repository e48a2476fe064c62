/**
 * Evens out how many partitions each owner has. `owners` has the owner of each partition, which may be leaving. Returns
 * the partitions that change hands with their next owners: those whose owner does not stay, and as few others as
 * possible.
 */
export function evened<Owner>(
  owners: readonly (Owner | undefined)[],
  staying: readonly Owner[],
): readonly (readonly [partition: number, owner: Owner])[] {
  const parts = new Map(staying.map((owner) => [owner, [] as number[]]));
  const moves: (readonly [number, Owner])[] = [];
  if (parts.size === 0) {
    return moves;
  }
  const homeless: number[] = [];
  for (const [partition, owner] of owners.entries()) {
    const some = owner === undefined ? undefined : parts.get(owner);
    (some ?? homeless).push(partition);
  }
  const loads = new Map([...parts].map(([owner, some]) => [owner, some.length]));
  const give = (partition: number, to: Owner): void => {
    loads.set(to, (loads.get(to) ?? 0) + 1);
    moves.push([partition, to]);
  };
  for (const partition of homeless) {
    const [least] = [...loads].reduce((a, b) => (b[1] < a[1] ? b : a));
    give(partition, least);
  }
  for (;;) {
    const [from, most] = [...loads].reduce((a, b) => (b[1] > a[1] ? b : a));
    const [to, least] = [...loads].reduce((a, b) => (b[1] < a[1] ? b : a));
    const partition = most - least > 1 ? parts.get(from)?.pop() : undefined;
    if (partition === undefined) {
      return moves;
    }
    loads.set(from, most - 1);
    give(partition, to);
  }
}
