import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Benchmark, median, percentile } from '@bnc/bench';
import { Crowd, call } from './crowd.ts';

const nchanModule = '/usr/lib/nginx/modules/ngx_nchan_module.so';
const ours = '@bnc/sse';
const peers = ['node:http', 'better-sse', '@fastify/sse send()', 'nchan'] as const;
const hasNchan = existsSync(nchanModule) && existsSync('/usr/sbin/nginx');

/** Streams that one process of this machine may open, and few enough for one address. */
const most = 18_000;

interface Usage {
  readonly cpuMicros: number;
  readonly rss: number;
  readonly peakKiB: number;
}

interface Server {
  readonly port: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

function gone(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

function startNode(name: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('./contestant.ts', import.meta.url), [name], { execArgv: ['--expose-gc'] });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${name} ended: ${code ?? signal}`)));
    child.once('message', (message) => {
      const { port } = message as { port: number };
      resolve({
        port,
        usage: async () => JSON.parse(await call(port, '/usage')) as Usage,
        stop: () => {
          child.kill('SIGKILL');
          return gone(child);
        },
      });
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function processUsage(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
  return {
    cpuMicros: (Number(stat[11]) + Number(stat[12])) * 10_000,
    rss: kib('VmRSS') * 1024,
    peakKiB: kib('VmHWM'),
  };
}

async function startNchan(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-nchan-'));
  const port = await freePort();
  writeFileSync(
    join(folder, 'nginx.conf'),
    `load_module ${nchanModule}; daemon off; master_process off; error_log stderr crit; pid ${folder}/pid; user root;
events { worker_connections 20000; }
http { access_log off; client_max_body_size 32m; client_body_buffer_size 32m; nchan_shared_memory_size 512m;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  server { listen 127.0.0.1:${port} backlog=8192; keepalive_requests 1000000;
    location = /pub { nchan_publisher; nchan_channel_id room; nchan_message_buffer_length 100; nchan_message_timeout 5m; }
    location = /sub { nchan_subscriber eventsource; nchan_channel_id room; nchan_eventsource_ping_interval 30; nchan_eventsource_ping_comment hi; }
  } }`,
  );
  const child = spawn('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  for (let tries = 0; tries < 100; tries++) {
    const isUp = await call(port, '/').then(
      () => true,
      () => false,
    );
    if (isUp) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    usage: () => Promise.resolve(processUsage(child.pid ?? 0)),
    stop: async () => {
      child.kill('SIGKILL');
      await gone(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function start(name: string): Promise<Server> {
  return name === 'nchan' ? startNchan() : startNode(name);
}

interface Measured {
  readonly perSecond: number;
  readonly cpuSeconds: number;
  readonly p99: number;
  readonly peak: number;
  readonly wrong: number;
}

async function measure(name: string, clients: number, size: number, messages: number): Promise<Measured> {
  const server = await start(name);
  const crowd = new Crowd(server.port);
  try {
    await crowd.join(clients);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await crowd.run(3, size, 0);
    const before = await server.usage();
    const { seconds, latencies } = await crowd.run(messages, size, 3);
    const after = await server.usage();
    return {
      perSecond: (clients * messages) / seconds,
      cpuSeconds: ((after.cpuMicros - before.cpuMicros) / 1e6 / (clients * messages)) * 1e5,
      p99: percentile(latencies, 0.99),
      peak: after.peakKiB / 1024,
      wrong: crowd.wrong,
    };
  } finally {
    crowd.leave();
    await server.stop();
  }
}

async function idle(name: string, clients: number): Promise<number> {
  const server = await start(name);
  const crowd = new Crowd(server.port);
  try {
    await crowd.join(10);
    const before = await server.usage();
    await crowd.join(clients);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return ((await server.usage()).rss - before.rss) / 1024 / clients;
  } finally {
    crowd.leave();
    await server.stop();
  }
}

/** Time in ms in which `close()` says goodbye to every stream and sees it end. */
async function drain(clients: number): Promise<number> {
  const server = await start(ours);
  const crowd = new Crowd(server.port);
  try {
    await crowd.join(clients);
    return Number(await call(server.port, '/drain'));
  } finally {
    crowd.leave();
    await server.stop();
  }
}

/** Runs every contestant in turns, so that a noisy machine is noisy for all. */
async function inTurns<T>(
  rounds: number,
  names: readonly string[],
  run: (name: string) => Promise<T>,
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) results.get(name)?.push(await run(name));
  }
  return results;
}

export const benchmark: Benchmark = {
  name: 'sse/hub',
  async run(bench) {
    const others = peers.filter((name) => name !== 'nchan' || hasNchan);
    if (!hasNchan) bench.skip('nchan', 'needs nginx with libnginx-mod-nchan: apt-get install nginx libnginx-mod-nchan');
    const scenarios = [
      { title: '1000 clients x 200 B', clients: 1000, size: 200, messages: 100, rounds: 3, names: others },
      { title: '1000 clients x 80 kB', clients: 1000, size: 80_000, messages: 12, rounds: 3, names: others },
      {
        title: '5000 clients x 80 kB',
        clients: 5000,
        size: 80_000,
        messages: 5,
        rounds: 3,
        names: others.filter((name) => name === 'node:http' || name === 'nchan'),
      },
      { title: '18000 clients x 200 B', clients: most, size: 200, messages: 10, rounds: 5, names: ['node:http'] },
    ];
    for (const { title, clients, size, messages, rounds, names } of scenarios) {
      const results = await inTurns(rounds, [ours, ...names], (name) => measure(name, clients, size, messages));
      const of = (pick: (measured: Measured) => number) => {
        const number = (name: string): number => median((results.get(name) ?? []).map(pick));
        return { value: number(ours), peers: Object.fromEntries(names.map((name) => [name, number(name)])) };
      };
      const isSmall = size === 200;
      const isMost = clients === most;
      const beatsNchan = !isSmall && clients === 1000 && hasNchan;
      bench.record({
        name: `${title}: deliveries`,
        unit: '1/s',
        ...of(({ perSecond }) => perSecond),
        ...(beatsNchan && { goal: { peer: 'nchan', atLeast: 1.8 } }),
      });
      bench.record({
        name: `${title}: CPU per 1e5 deliveries`,
        unit: 's',
        ...of(({ cpuSeconds }) => cpuSeconds),
        ...(isSmall && { goal: { peer: 'node:http', atMost: isMost ? 0.9 : 1 } }),
      });
      bench.record({
        name: `${title}: p99`,
        unit: 'ms',
        ...of(({ p99 }) => p99),
        ...(isSmall && { goal: { peer: 'node:http', atMost: isMost ? 0.9 : 1.1 } }),
        ...(beatsNchan && { goal: { peer: 'nchan', atMost: 0.7 } }),
      });
      bench.record({
        name: `${title}: peak RSS`,
        unit: 'MiB',
        ...of(({ peak }) => peak),
        ...(clients === 5000 && { goal: { peer: 'node:http', atMost: 1.3 } }),
      });
      bench.record({
        name: `${title}: lost, doubled, reordered`,
        unit: 'messages',
        ...of(({ wrong }) => wrong),
        goal: { atMost: 0 },
      });
    }
    const drains = await inTurns(3, [ours], () => drain(5000));
    bench.record({
      name: 'drain of 5000 streams',
      unit: 'ms',
      value: median(drains.get(ours) ?? []),
      goal: { atMost: 1000 },
    });
    const idles = await inTurns(3, [ours, ...others], (name) => idle(name, 2000));
    const kib = (name: string): number => median(idles.get(name) ?? []);
    bench.record({
      name: 'idle connection',
      unit: 'KiB',
      value: kib(ours),
      peers: Object.fromEntries(others.map((name) => [name, kib(name)])),
      goal: { atMost: 28 },
    });
    const crowds = await inTurns(3, [ours, 'node:http'], (name) => idle(name, most));
    bench.record({
      name: 'idle connection of 18000',
      unit: 'KiB',
      value: median(crowds.get(ours) ?? []),
      peers: { 'node:http': median(crowds.get('node:http') ?? []) },
      goal: { atMost: 18 },
    });
  },
};
