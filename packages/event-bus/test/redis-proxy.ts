import { createServer, connect as dial, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

/** Lines through this process to a server, which can be made to fail in ways that a server on loopback does not. */
export interface RedisProxy {
  readonly url: string;
  /** Lines that were opened so far. */
  readonly opened: number;
  /** Where new lines lead. */
  port: number;
  /** While set, new lines are answered with this error, whatever is asked. */
  error: string | undefined;
  /** Lines that are open now stay open and carry nothing any more; `which` sees the last request of a line. */
  mute(which?: (asked: string) => boolean): number;
  /** Ends all lines. */
  cut(): void;
}

/** Opens a proxy before the server on this port. */
export async function startProxy(port: number): Promise<RedisProxy> {
  const lines = new Set<{ isMute: boolean; asked: string; readonly end: () => void }>();
  let opened = 0;
  const listener = createServer((client: Socket) => {
    opened++;
    const server = proxy.error === undefined ? dial(proxy.port, '127.0.0.1') : undefined;
    const end = (): void => {
      lines.delete(line);
      client.destroy();
      server?.destroy();
    };
    const line = { isMute: false, asked: '', end };
    lines.add(line);
    const { error } = proxy;
    client.on('data', (data: Buffer) => {
      line.asked = data.toString('latin1');
      if (error !== undefined) {
        client.write(`-${error}\r\n`.repeat(line.asked.match(/\*\d+\r\n\$/g)?.length ?? 0));
      } else if (!line.isMute) {
        server?.write(data);
      }
    });
    server?.on('data', (data: Buffer) => line.isMute || client.write(data));
    for (const socket of [client, server]) {
      socket?.on('error', end).on('close', end);
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const proxy: RedisProxy = {
    url: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    get opened() {
      return opened;
    },
    port,
    error: undefined,
    mute: (which = () => true) => {
      const some = [...lines].filter(({ asked }) => which(asked));
      for (const line of some) line.isMute = true;
      return some.length;
    },
    cut: () => {
      for (const { end } of lines) end();
    },
  };
  atEnd(() => {
    listener.close();
    proxy.cut();
  });
  return proxy;
}
