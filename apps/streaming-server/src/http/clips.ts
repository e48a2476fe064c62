import { send } from '@fastify/send';
import type { FastifyInstance } from 'fastify';
import { clipsPath } from '../clips/clip.ts';
import type { ClipRecords } from '../clips/clip-records.ts';
import type { ClipStore } from '../clips/clip-store.ts';
import type { Access } from '../rooms/access.ts';
import { HttpError } from './errors.ts';
import type { IsOperator } from './operator.ts';

/** Media types by extension; what is not named here is not served. */
const mediaTypes: Readonly<Record<string, string>> = {
  flac: 'audio/flac',
  opus: 'audio/ogg; codecs=opus',
  pcm: 'application/octet-stream',
  bin: 'application/octet-stream',
};

/** `GET /clips/:sha256.:ext`: rendered audio under the hash of its bytes, for everyone who may hear one of its rooms. */
export function clipRoute(
  app: FastifyInstance,
  {
    store,
    records,
    access,
    isOperator,
  }: { store: ClipStore; records: ClipRecords; access: Access; isOperator: IsOperator },
): void {
  app.get<{ Params: { name: string } }>(`${clipsPath}:name`, async (request, reply) => {
    const { name } = request.params;
    // Scripts of other origins may read responses, but never with the operator's token.
    reply.header('access-control-allow-origin', '*').header('cache-control', 'no-store');
    const [, sha256, extension = ''] = /^([0-9a-f]{64})\.([a-z0-9]{1,8})$/.exec(name) ?? [];
    if (sha256 === undefined) {
      throw new HttpError(400, 'CLIP_NAME_INVALID', 'A clip is named by 64 hexadecimal digits and an extension.');
    }
    const rooms = Object.hasOwn(mediaTypes, extension) ? await records.rooms(sha256) : [];
    const isPublic = (await Promise.all(rooms.map((room) => access.isPublicClip(room)))).includes(true);
    const mayHear = isPublic || (rooms.length > 0 && isOperator(request.headers));
    const file = await store.locate(name);
    if (!mayHear || file === undefined) throw gone();

    const etag = `"${sha256}"`;
    reply.header('etag', etag);
    reply.header('cache-control', isPublic ? 'public, max-age=31536000, immutable' : 'private, no-store');
    if (!isPublic) reply.removeHeader('access-control-allow-origin');
    else reply.header('access-control-expose-headers', 'etag, content-range, accept-ranges, content-length');
    const { range, 'if-none-match': noneMatch, 'if-range': ifRange } = request.headers;
    if (noneMatch !== undefined && names(noneMatch, etag)) return reply.code(304).send();

    // The library does not know the hash, which is a strong entity tag: what depends on tags is decided here.
    const isRange = range !== undefined && (ifRange === undefined || ifRange === etag);
    const { statusCode, headers, stream } = await send(
      { method: request.method, headers: isRange ? { range } : {} } as typeof request.raw,
      file,
      {
        etag: false,
        lastModified: false,
        cacheControl: false,
        contentType: false,
        dotfiles: 'allow',
        highWaterMark: 2 ** 19,
      },
    );
    if (statusCode === 416) {
      stream.destroy();
      reply.header('content-range', headers['Content-Range']).header('cache-control', 'no-store').removeHeader('etag');
      throw new HttpError(416, 'CLIP_RANGE_INVALID', 'The clip ends before this range.');
    }
    if (statusCode >= 400) {
      stream.destroy();
      reply.header('cache-control', 'no-store').removeHeader('etag');
      throw gone();
    }
    return reply
      .code(statusCode)
      .headers(headers)
      .type(mediaTypes[extension] ?? '')
      .send(stream);
  });
}

/** Makes the same response for a clip that is not kept and for one that the client may not hear. */
function gone(): HttpError {
  return new HttpError(
    404,
    'CLIP_GONE',
    'There is no such clip here. Its phrase is rendered again for the next listener.',
  );
}

/** Tells whether a list of entity tags names this one. @see RFC 9110, 13.1.2: comparison is weak */
function names(list: string, etag: string): boolean {
  return list.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
