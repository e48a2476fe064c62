import { expect, test } from 'vitest';
import { countNeeds, leadOf } from './lead.ts';

test('the lead serves nine listeners out of ten, whichever servers they are on', () => {
  expect(leadOf([])).toBeUndefined();
  expect(leadOf([countNeeds([])])).toBeUndefined();
  expect(leadOf([countNeeds([0, 20, 150])])).toBe(150);
  expect(leadOf([countNeeds([...Array.from({ length: 9 }, () => 100), 390])])).toBe(150);
  expect(leadOf([countNeeds(Array.from({ length: 9 }, () => 100)), countNeeds([251, 390])])).toBe(300);
  expect(leadOf([countNeeds([400], 9)])).toBe(150);
  expect(leadOf([countNeeds([400], 8)])).toBe(400);
  expect(leadOf([countNeeds([10_000, Number.POSITIVE_INFINITY])])).toBe(400);
});
