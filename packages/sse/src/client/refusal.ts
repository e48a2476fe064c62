import { readRetryAfter } from './delay.ts';
import type { SSERefusal } from './message.ts';

const maxBodyBytes = 16_384;
/** Longest wait in ms for the body of a refusal. */
const bodyMs = 5_000;

/** Reads why a response is not a stream, and lets go of its body. */
export async function readRefusal(response: Response): Promise<SSERefusal> {
  const body = await readBody(response);
  const code = readCode(body);
  const retryAfterMs = readRetryAfter(response.headers);
  return {
    status: response.status,
    body,
    ...(code !== undefined && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** Whether a refusal may be temporary: what a server in trouble sends, or a proxy in its place. */
export function isTriedAgain({ status }: SSERefusal): boolean {
  return status === 0 || status === 200 || status === 408 || status === 425 || status === 429 || status >= 500;
}

async function readBody({ body }: Response): Promise<string> {
  if (!body) return '';
  const reader = body.getReader();
  const leave = (): void => void reader.cancel().catch(() => {});
  const timer = setTimeout(leave, bodyMs);
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    while (bytes < maxBodyBytes) {
      const { value } = await reader.read();
      if (!value) break;
      text += decoder.decode(value.subarray(0, maxBodyBytes - bytes), { stream: true });
      bytes += value.length;
    }
  } catch {
    // A body that breaks off says what it has said.
  }
  clearTimeout(timer);
  leave();
  return text;
}

function readCode(body: string): string | undefined {
  if (/^[A-Z][A-Z0-9_]{1,63}$/.test(body)) return body;
  try {
    const { code } = JSON.parse(body) as { code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}
