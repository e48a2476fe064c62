import type { FastifySchema } from 'fastify';
import { maxMerged } from '../rooms/merged-rooms.ts';
import { anyObject, listOf, nothing, objectOf, operatorSchema, tailParams, text, wholeNumber } from './schemas.ts';

const letter = anyObject('A delivery, or another event, that could not be handled.');
const byId = { params: { id: text }, errors: { 404: ['DEAD_LETTER_NOT_FOUND'] } };
const byName = { params: { name: text }, responses: { 204: nothing } };

/** What the operator's routes take and return. */
export const operatorSchemas = {
  letters: operatorSchema({
    summary: 'List dead letters, oldest first',
    query: {
      limit: wholeNumber('Dead letters in the response.', {
        minimum: 1,
        maximum: 1000,
        fallback: 100,
        code: 'DEAD_LETTER_LIMIT_INVALID',
      }),
      after: {
        type: 'string',
        pattern: '^\\d{1,20}(-\\d{1,20})?$',
        description: 'Id of the last one of the response before.',
        'x-refusal': ['DEAD_LETTER_ID_INVALID', 'after must be the id of a dead letter from this list.'],
      },
    },
    responses: { 200: objectOf({ deadLetters: listOf(letter) }, ['deadLetters']) },
    errors: { 400: ['DEAD_LETTER_LIMIT_INVALID', 'DEAD_LETTER_ID_INVALID'] },
  }),
  letter: operatorSchema({ ...byId, summary: 'Read a dead letter', responses: { 200: letter } }),
  retry: operatorSchema({
    ...byId,
    summary: 'Handle a dead letter again',
    responses: { 202: objectOf({ status: text }) },
  }),
  deleteLetter: operatorSchema({ ...byId, summary: 'Delete a dead letter', responses: { 204: nothing } }),
  putRoom: operatorSchema({
    ...byName,
    summary: 'Make or change a merged room',
    body: {
      ...objectOf(
        {
          repositories: {
            ...listOf({ type: 'string', description: 'A name such as owner/repo, or owner/*.' }),
            minItems: 1,
            maxItems: maxMerged,
          },
        },
        ['repositories'],
      ),
      'x-refusal': ['ROOM_INVALID', `Send {"repositories":["owner/repo","owner/*"]} with 1 to ${maxMerged} names.`],
    },
    errors: { 400: ['ROOM_INVALID'], 409: ['ROOM_FIXED'] },
  }),
  deleteRoom: operatorSchema({
    ...byName,
    summary: 'Delete a merged room',
    errors: { 400: ['ROOM_INVALID'], 404: ['ROOM_NOT_FOUND'], 409: ['ROOM_FIXED'] },
  }),
  forget: operatorSchema({
    summary: 'Forget a repository, or what a merged room has played',
    params: tailParams,
    responses: { 204: nothing },
    errors: { 400: ['REPO_ID_INVALID'], 404: ['REPO_NOT_FOUND'] },
  }),
} satisfies Readonly<Record<string, FastifySchema>>;
