import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.ts';
import { objectOf, routeSchema } from './schemas.ts';

/** `POST /backups`, for the operator: copies the data folder while it is in use. */
export function backupRoute(
  operator: FastifyInstance,
  { backUp }: { readonly backUp: (() => Promise<string>) | undefined },
): void {
  let isRunning = false;
  const schema = routeSchema({
    summary: 'Copies what must outlast the server, while it runs, into a new folder in the data folder',
    tag: 'Operator',
    responses: { 201: objectOf({ folder: { type: 'string', description: 'Path of the folder.' } }, ['folder']) },
    errors: { 409: ['BACKUP_IN_REDIS', 'BACKUP_RUNNING'] },
  });
  operator.post('/backups', { schema }, async (_request, reply) => {
    if (!backUp) throw new HttpError(409, 'BACKUP_IN_REDIS', 'This server keeps everything in Redis: back up Redis.');
    if (isRunning) throw new HttpError(409, 'BACKUP_RUNNING', 'A copy is being made: wait for it.');
    isRunning = true;
    try {
      return await reply.code(201).send({ folder: await backUp() });
    } finally {
      isRunning = false;
    }
  });
}
