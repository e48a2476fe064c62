/** Every order of some members. */
export function ordersOf<T>(members: readonly T[]): readonly (readonly T[])[] {
  return members.length < 2
    ? [members]
    : members.flatMap((first, index) => ordersOf(members.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}
