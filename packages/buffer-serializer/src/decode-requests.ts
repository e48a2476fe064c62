import { applyGain, checkFinite } from './audio-buffer.ts';
import { SerializerError, type SerializerErrorCode } from './errors.ts';
import type { Layout } from './limits.ts';

/** A request to a decoding worker. */
export interface DecodeRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layout: Layout;
}

/** A worker's reply: channels, which are transferred, or an error. */
export type DecodeReply =
  | { readonly channels: Float32Array<ArrayBuffer>[] }
  | { readonly code: SerializerErrorCode | undefined; readonly message: string };

/** The part of a worker's global scope that is used. The DOM library has only the type of `Window`. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<DecodeRequest>) => void) | null;
  postMessage(reply: DecodeReply, transfer: readonly Transferable[]): void;
}

/** Makes this worker reply to requests. */
export function serveRequests(decode: (request: DecodeRequest) => Float32Array[] | Promise<Float32Array[]>): void {
  const scope = globalThis as unknown as WorkerScope;
  const answer = async (request: DecodeRequest): Promise<void> => {
    try {
      const channels = (await decode(request)) as Float32Array<ArrayBuffer>[];
      applyGain(channels, request.layout.gain);
      checkFinite(channels);
      scope.postMessage(
        { channels },
        channels.map((samples) => samples.buffer),
      );
    } catch (error) {
      const code = error instanceof SerializerError ? error.code : undefined;
      scope.postMessage({ code, message: error instanceof Error ? error.message : String(error) }, []);
    }
  };
  scope.onmessage = (event) => {
    void answer(event.data);
  };
}
