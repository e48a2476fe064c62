import { describe, expect, test } from 'vitest';
import { tokenCheck } from './operator.ts';

const tokens = ['a'.repeat(32), 'b'.repeat(32)];

describe('the operator', () => {
  test.each([
    [`Bearer ${tokens[0]}`, true],
    [`bearer ${tokens[1]}`, true],
    [`Bearer ${tokens[0]}x`, false],
    [`Basic ${tokens[0]}`, false],
    ['Bearer ', false],
    [tokens[0], false],
    [undefined, false],
  ])('with "%s" is recognised: %s', (authorization, expected) => {
    expect(tokenCheck(tokens)(authorization === undefined ? {} : { authorization })).toBe(expected);
  });

  test('does not exist where no token is set', () => {
    expect(tokenCheck([])({ authorization: 'Bearer ' })).toBe(false);
    expect(tokenCheck([])({})).toBe(false);
  });
});
