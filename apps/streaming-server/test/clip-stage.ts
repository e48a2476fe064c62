import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Encoding, Rendition, SerializedBuffer, SerializedBufferV2ByUrl } from '@bnc/contracts';
import { wireEncodings } from '../src/delivery/delivery.ts';
import { payloadOf } from './payloads.ts';
import { operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

/** Encodings of clips. */
export const clipEncodings: readonly Encoding[] = wireEncodings.filter((encoding) => encoding !== 'json');

/** A message that links to clips. */
export function byUrl(buffer: SerializedBuffer | undefined): SerializedBufferV2ByUrl {
  if (!buffer || !('renditions' in buffer)) throw new Error('a message with links was expected');
  return buffer;
}

export async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await response.arrayBuffer());
}

/** A server that has played one phrase to listeners of every format and delivery. */
export class ClipStage {
  /** Where the server keeps its data. */
  readonly folder: string;
  /** What each listener received, by its query. */
  readonly heard = new Map<string, SerializedBuffer>();
  #server: TestServer;

  private constructor(folder: string, server: TestServer) {
    this.folder = folder;
    this.#server = server;
  }

  static async open(): Promise<ClipStage> {
    const folder = mkdtempSync(join(tmpdir(), 'bnc-clips-'));
    const stage = new ClipStage(folder, await serve(folder));
    await stage.#play();
    return stage;
  }

  get server(): TestServer {
    return this.#server;
  }

  /** The clip of an encoding that a listener was sent a link to. */
  renditionOf(encoding: Encoding): Rendition {
    const [rendition] = byUrl(this.heard.get(`delivery=url&format=${encoding}`)).renditions;
    if (!rendition) throw new Error('a rendition was expected');
    return rendition;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> {
    return fetch(`${this.#server.origin}${path}`, { method, headers });
  }

  async fetched({ url }: Rendition): Promise<Uint8Array<ArrayBuffer>> {
    return bytesOf(await this.get(url));
  }

  /** How many phrases the server has rendered since it started. */
  async rendered(): Promise<number> {
    return ((await (await this.get('/health')).json()) as { rendered: number }).rendered;
  }

  /** Starts the server again, after something has happened to its data folder. */
  async restart(meanwhile: () => void): Promise<void> {
    await this.#server.close();
    meanwhile();
    this.#server = await serve(this.folder);
  }

  async close(): Promise<void> {
    await this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #play(): Promise<void> {
    const queries = [
      ...wireEncodings.map((format) => `format=${format}`),
      ...clipEncodings.map((format) => `delivery=url&format=${format}`),
      'delivery=url',
      'delivery=url&format=opus,pcm-s16le',
    ];
    const readers = await Promise.all(
      queries.map((query) => SSEReader.open(`${this.#server.origin}/stream/octo/cat?${query}`)),
    );
    await this.#server.deliver('push', payloadOf('push'));
    for (const [index, reader] of readers.entries()) {
      this.heard.set(queries[index] ?? '', (await reader.next('audio_buffer', 0, 30_000)).data.buffer);
      await reader.close();
    }
  }
}

function serve(dataDir: string): Promise<TestServer> {
  return TestServer.start({ dataDir, adminTokens: [operatorToken] });
}
