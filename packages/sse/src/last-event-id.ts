const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Where a request says that it left off: in its `Last-Event-ID` header, else in `lastEventId` of the query of its URL.
 */
export function lastEventIdOf(header: string | readonly string[] | undefined, url: string): string | undefined {
  const value = typeof header === 'object' ? header[0] : header;
  if (value) return decodeHeader(value);
  const query = url.indexOf('?');
  // An EventSource that a client opens again cannot set the header.
  if (query === -1 || !url.includes('lastEventId=', query)) return undefined;
  return new URLSearchParams(url.slice(query + 1).split('#', 1)[0]).get('lastEventId') ?? undefined;
}

/** Clients send the UTF-8 bytes of an id, and header values are read as Latin-1: each character is a byte. */
function decodeHeader(value: string): string {
  if (!/\P{ASCII}/u.test(value)) return value;
  // Some runtimes have decoded it already, and not every client encodes as browsers do.
  if (/[\u0100-\uffff]/.test(value)) return value;
  try {
    return decoder.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}
