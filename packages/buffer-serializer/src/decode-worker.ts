import { decodeCompressed } from './codec.ts';
import { SerializerError } from './errors.ts';
import type { DecodeReply, DecodeRequest } from './native-decode.ts';

/** The part of a worker's global scope that is used. The DOM library has only the type of `Window`. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<DecodeRequest>) => void) | null;
  postMessage(reply: DecodeReply, transfer: readonly Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;

async function answer({ bytes, encoding, layout }: DecodeRequest): Promise<void> {
  try {
    const channels = (await decodeCompressed(bytes, encoding, layout)) as Float32Array<ArrayBuffer>[];
    scope.postMessage(
      { channels },
      channels.map((samples) => samples.buffer),
    );
  } catch (error) {
    const code = error instanceof SerializerError ? error.code : undefined;
    scope.postMessage({ code, message: error instanceof Error ? error.message : String(error) }, []);
  }
}

scope.onmessage = (event) => {
  void answer(event.data);
};
