import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis } from '@bnc/testing/redis';
import { createClient, createCluster } from '@redis/client';
import { describe, expect, it } from 'vitest';
import { EventBus } from '../src/index.ts';
import { type RedisOptions, redis } from '../src/redis.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { own, raw, shared } from './redis-bus.ts';

/** Uses everything once. Returns what a listener, a group, an owner and a follower received. */
async function tryAll(options: RedisOptions): Promise<unknown[]> {
  const bus = new EventBus({ transport: await redis(options) });
  const got: unknown[] = [];
  const take = ({ payload }: { readonly payload: unknown }): void => void got.push(payload);
  const following = bus.follow('a:*', take);
  await following.add('k');
  await bus.subscribe('a:*', take).ready;
  await bus.subscribe('a:*', take, { group: 'g' }).ready;
  await bus.subscribe('a:*', take, { group: 'o', keys: 'owned' }).ready;
  await bus.publish('a:b', 1, { key: 'k', dedupeId: randomUUID() });
  await bus.publish('a:c', 1, { notBefore: Date.now() + 3_600_000, key: 'k' });
  await eventually(() => expect(got).toEqual([1, 1, 1, 1]));
  await bus.read();
  await bus.stats();
  await bus.forget('k');
  await bus.close({ drainMs: 100 });
  return got;
}

async function refusal(options: RedisOptions): Promise<string> {
  const error = await redis(options).then(
    async (transport) => {
      await transport.close();
      return { name: 'fine', code: undefined, message: '' };
    },
    (caught: { name: string; code?: string; message: string }) => caught,
  );
  return `${error.code ?? error.name} ${error.message}`;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'bnc-start-'));
  atEnd(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

describe.concurrent('the start of a bus on Redis', () => {
  it('takes every form of address, and explains others without printing the password', async () => {
    const path = join(folder(), 'redis.sock');
    const server = await own({ args: ['--unixsocket', path, '--requirepass', 'p@ss/w:rd'] });
    const password = encodeURIComponent('p@ss/w:rd');
    for (const url of [
      `redis://:${password}@127.0.0.1:${server.port}`,
      `valkey://default:${password}@127.0.0.1:${server.port}/3`,
      `unix://:${password}@${path}?db=2`,
    ]) {
      expect(await tryAll({ url })).toHaveLength(4);
    }
    const wrong = {
      [`redis://:p@ss/w:rd@127.0.0.1:${server.port}`]:
        'TypeError url has something other than the number of a database',
      'redis://:p#ss@127.0.0.1': 'TypeError url',
      'redis://:p%ss@127.0.0.1': 'TypeError url has a % that encodes nothing',
      'redis://127.0.0.1:1/abc': 'TypeError url has something other than the number of a database',
      'redis://127.0.0.1:1,127.0.0.1:2': 'TypeError url names several hosts',
      'redis-sentinel://127.0.0.1:26379/mymaster': 'TypeError url names a Sentinel',
      'unix:relative.sock': 'TypeError url of a socket',
      'http://127.0.0.1': 'TypeError url must look like',
      [`redis://127.0.0.1:${server.port}`]: 'BUS_REFUSED',
      [`redis://:nope@127.0.0.1:${server.port}`]: 'BUS_REFUSED',
      [`redis://:${password}@127.0.0.1:${server.port}/99`]: 'BUS_REFUSED',
    };
    for (const [url, start] of Object.entries(wrong)) {
      const said = await refusal({ url });
      expect(said).toContain(start);
      expect(said).not.toMatch(/ss\/w|p#ss|p%ss|nope/);
    }
    expect(await refusal({})).toContain('TypeError give either url or client');
    expect(await refusal({ url: shared.url, tls: {} })).toContain('TypeError tls needs');
  });

  it('names the command or the keys that its user lacks, and works with the documented rights', async () => {
    const server = await own({});
    const command = await raw(server);
    const url = `redis://u:pw@127.0.0.1:${server.port}`;
    const rules = ['~{bnc}:*', '+@read', '+@write', '+@scripting', '+@connection', '-@dangerous', '+time', '+info'];
    const set = (...more: string[]): Promise<unknown> => command('ACL', 'SETUSER', 'u', 'reset', 'on', '>pw', ...more);
    await set(...rules);
    expect(await tryAll({ url })).toHaveLength(4);
    for (const [less, words] of [
      ['-time', /may not run time: give it \+time$/],
      ['-xgroup', /may not run .*xgroup create.*give it .*\+xgroup\|create/],
      ['-xread', /may not run xread: give it \+xread$/],
      ['-eval', /may not run eval: give it \+eval$/],
    ] as const) {
      await set(...rules, less);
      const said = await refusal({ url });
      expect(said).toMatch(/^BUS_REFUSED redis:\/\/127/);
      expect(said).toMatch(words);
    }
    await set('~other:*', '+@all');
    expect(await refusal({ url })).toMatch(/^BUS_REFUSED .*give it ~\{bnc\}:\*$/);
  });

  it('refuses a Sentinel, a replica and a node that does not have its keys, each with a reason', async () => {
    const port = await freePort();
    const file = join(folder(), 'sentinel.conf');
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor mymaster 127.0.0.1 ${shared.port} 1\n`);
    const sentinel = spawn(findRedis(), [file, '--sentinel'], { stdio: 'ignore' });
    atEnd(() => void sentinel.kill('SIGKILL'));
    await eventually(async () => expect(await refusal({ url: `redis://127.0.0.1:${port}` })).toContain('a Sentinel'));

    const cluster = await own({ args: ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no'] });
    const command = await raw(cluster);
    const slot = Number(await command('CLUSTER', 'KEYSLOT', '{bnc}'));
    await command('CLUSTER', 'ADDSLOTSRANGE', '0', String(slot - 1), String(slot + 1), '16383');
    await eventually(async () => expect(String(await command('CLUSTER', 'INFO'))).toContain('cluster_state:ok'));
    expect(await refusal({ url: cluster.url })).toMatch(/^BUS_REFUSED .*does not have the keys of this bus/);
    await command('CLUSTER', 'ADDSLOTS', String(slot));
    await eventually(async () => expect(await tryAll({ url: cluster.url })).toHaveLength(4));
  });

  it('says what may be wrong when the server closes every connection, as one in protected mode does', async () => {
    const server = createServer((socket) => socket.end('-DENIED Redis is running in protected mode.\r\n'));
    atEnd(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await refusal({ url: `redis://127.0.0.1:${port}` })).toMatch(/^BUS_UNAVAILABLE .*protected mode/);
  });

  it('trusts an authority of the caller over TLS, and no one else', async () => {
    const dir = folder();
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const openssl = 'openssl';
    execFileSync(openssl, [...make, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    const port = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    await own({ args: ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'] });
    const url = `rediss://127.0.0.1:${port}`;
    const ca = readFileSync(cert, 'utf8');
    expect(await tryAll({ url, tls: { ca } })).toHaveLength(4);
    expect(await tryAll({ url: url.replace('rediss', 'valkeys'), tls: { ca } })).toHaveLength(4);
    expect(await tryAll({ url, tls: { rejectUnauthorized: false } })).toHaveLength(4);
    expect(await refusal({ url })).toMatch(/^BUS_UNAVAILABLE .*self-signed/);
    expect(await refusal({ url: url.replace('rediss', 'redis') })).toMatch(/^BUS_UNAVAILABLE .*Does it expect TLS/);
    expect(await refusal({ url, tls: { ca, servername: 'other.example' } })).toMatch(
      /^BUS_UNAVAILABLE .*other\.example/,
    );
  });

  it('uses the settings of a client of the caller, which it leaves alone', async () => {
    const client = createClient({ url: shared.url, RESP: 3 });
    expect(await tryAll({ client, prefix: 'client' })).toHaveLength(4);
    expect(client.isOpen).toBe(false);
    client.on('error', () => {});
    await client.connect();
    expect(await tryAll({ client, prefix: 'client' })).toHaveLength(4);
    expect(await client.ping()).toBe('PONG');
    client.destroy();
    const cluster = createCluster({ rootNodes: [{ url: shared.url }] });
    for (const wrong of [cluster, {}, 'redis://127.0.0.1', null]) {
      expect(await refusal({ client: wrong as unknown as typeof client })).toContain('TypeError client must be');
    }
    expect(await refusal({ client, url: shared.url })).toContain('TypeError give either url or client');
  });
});

describe('the options of redis()', () => {
  it('are checked by name, and undefined means the default', async () => {
    const names = [
      'maxEvents',
      'maxAgeMs',
      'dedupeWindowMs',
      'maxDedupeIds',
      'maxDeadLetters',
      'maxDelayed',
      'leaseMs',
      'groupTtlMs',
    ] as const;
    for (const name of names) {
      for (const wrong of [0, -1, 1.5, Number.POSITIVE_INFINITY, Number.NaN]) {
        expect(await refusal({ url: shared.url, [name]: wrong })).toMatch(new RegExp(`^RangeError ${name} .*${wrong}`));
      }
      for (const wrong of ['100', null, {}]) {
        expect(await refusal({ url: shared.url, [name]: wrong })).toMatch(new RegExp(`^TypeError ${name} `));
      }
    }
    for (const prefix of [null, 7, '', 'a b', '{a}']) {
      expect(await refusal({ url: shared.url, prefix: prefix as string })).toMatch(/^TypeError prefix /);
    }
    const missing = Object.fromEntries([...names, 'prefix', 'tls', 'client'].map((name) => [name, undefined]));
    expect(await refusal({ url: shared.url, ...missing })).toBe('fine ');
  });

  it('bound dead letters, and each that is dropped is reported', async () => {
    const warnings: string[] = [];
    const bus = new EventBus({
      transport: await redis({ url: shared.url, prefix: 'letters', maxDeadLetters: 2 }),
      retry: { attempts: 1 },
      onHandlerError: () => {},
      onWarning: ({ code }) => warnings.push(code),
    });
    const fail = (): never => {
      throw new Error('no');
    };
    await bus.subscribe('a', fail, { group: 'g' }).ready;
    await bus.subscribe('a', fail, { group: 'o', keys: 'owned' }).ready;
    for (const n of [1, 2, 3]) await bus.publish('a', n);
    await eventually(() => expect(warnings.filter((code) => code === 'BUS_DEAD_LETTERED')).toHaveLength(4));
    expect(await bus.listDeadLetters()).toHaveLength(2);
    await bus.close();
  });
});
