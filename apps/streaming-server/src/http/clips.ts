import { send } from '@fastify/send';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ClipPaths, clipsPath } from '../access/clip-paths.ts';
import type { Visitor } from '../access/visitor.ts';
import type { ClipRecords } from '../clips/clip-records.ts';
import type { ClipStore } from '../clips/clip-store.ts';
import type { Access, ClipRoom } from '../rooms/access.ts';
import { HttpError } from './errors.ts';
import { routeSchema, type Schema, text } from './schemas.ts';

/** Media types by extension; what is not named here is not served. */
const mediaTypes: Readonly<Record<string, string>> = {
  flac: 'audio/flac',
  opus: 'audio/ogg; codecs=opus',
  pcm: 'application/octet-stream',
  bin: 'application/octet-stream',
};

/** Time in seconds for which a clip of a public room may be cached: the room may turn private. */
const publicSeconds = 300;

/** What `clipRoutes` works with. */
export interface ClipRoutesOptions {
  readonly store: ClipStore;
  readonly records: ClipRecords;
  readonly access: Access;
  readonly paths: ClipPaths;
}

/** A request for a clip; `signature` opens a private room for a while. */
type ClipRequest = FastifyRequest<{ Params: { name: string; signature?: string } }>;

/**
 * `GET /clips/:sha256.:ext`: rendered audio under the hash of its bytes, for everyone who may hear one of its rooms;
 * and `GET /clips/:signature/:sha256.:ext`, the path that listeners of a private room get.
 */
export function clipRoutes(app: FastifyInstance, { store, records, access, paths }: ClipRoutesOptions): void {
  /** Tells who may have the bytes: everyone, those who ask now, or nobody. */
  const audienceOf = async (
    rooms: readonly ClipRoom[],
    {
      visitor,
      params: { name, signature = '' },
    }: { readonly visitor: Visitor; readonly params: ClipRequest['params'] },
  ): Promise<'all' | 'some' | 'none'> => {
    let audience: 'some' | 'none' = 'none';
    for (const room of rooms) {
      const place = await access.findOfClip(room);
      if (place?.isPublic) return 'all';
      const isSigned = place?.needs !== undefined && paths.isSigned(signature, name, room);
      if (visitor.isOperator || isSigned || (place && visitor.mayHear(place))) audience = 'some';
    }
    return audience;
  };
  const serve = async (request: ClipRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { name } = request.params;
    // Scripts and players of any origin may read what everyone may have.
    reply.header('access-control-allow-origin', '*').header('cache-control', 'no-store');
    const [, sha256, extension = ''] = /^([0-9a-f]{64})\.([a-z0-9]{1,8})$/.exec(name) ?? [];
    if (sha256 === undefined) {
      throw new HttpError(400, 'CLIP_NAME_INVALID', 'A clip is named by 64 hexadecimal digits and an extension.');
    }
    const rooms = Object.hasOwn(mediaTypes, extension) ? await records.rooms(sha256) : [];
    const audience = await audienceOf(rooms, request);
    const isPublic = audience === 'all';
    const file = await store.locate(name);
    if (audience === 'none' || file === undefined) throw gone();

    const etag = `"${sha256}"`;
    reply.header('etag', etag);
    reply.header('cache-control', isPublic ? `public, max-age=${publicSeconds}, must-revalidate` : 'private, no-store');
    if (!isPublic) reply.removeHeader('access-control-allow-origin');
    else {
      reply
        .header('access-control-expose-headers', 'etag, content-range, accept-ranges, content-length')
        .header('cross-origin-resource-policy', 'cross-origin')
        .removeHeader('vary');
    }
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
  };
  const schemaWith = (params: Readonly<Record<string, Schema>>): ReturnType<typeof routeSchema> =>
    routeSchema({
      summary: 'Fetch rendered audio',
      tag: 'Listen',
      params,
      responses: {
        200: { type: 'string' },
        206: { type: 'string' },
        304: { type: 'null', description: 'Not changed.' },
      },
      errors: { 400: ['CLIP_NAME_INVALID'], 404: ['CLIP_GONE'], 416: ['CLIP_RANGE_INVALID'] },
    });
  app.get(`${clipsPath}:name`, { schema: schemaWith({ name: text }) }, serve);
  app.get(`${clipsPath}:signature/:name`, { schema: schemaWith({ signature: text, name: text }) }, serve);
}

/** Makes the response for a clip that is not kept, which is the same for one that the client may not hear. */
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
