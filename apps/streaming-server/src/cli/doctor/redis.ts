import { createClient } from '@redis/client';
import { reasonOf } from '../cli-error.ts';
import { clockFinding } from './clock.ts';
import { answerMs, type Finding, ok, problem, warning } from './finding.ts';

/** Checks whether Redis can be reached and written, keeps what it stores, and has the same time as this machine. */
export async function checkRedis(url: string): Promise<readonly Finding[]> {
  const { host } = new URL(url);
  const client = createClient({ url, socket: { connectTimeout: answerMs, reconnectStrategy: false } });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    return [problem('Redis', `${host} cannot be reached (${reasonOf(error)})`, 'Start Redis, or correct REDIS_URL.')];
  }
  try {
    const info = await client.info();
    const key = `{bnc}:doctor:${process.pid}`;
    await client.set(key, '', { expiration: { type: 'PX', value: 1000 } });
    const before = Date.now();
    const [seconds, microseconds] = await client.time();
    const after = Date.now();
    const theirs = Number(seconds) * 1000 + Number(microseconds) / 1000;
    return [...infoFindings(host, info), clockFinding('Redis', theirs - (before + after) / 2, (after - before) / 2)];
  } catch (error) {
    return [
      problem(
        'Redis',
        `${host} refuses a request: ${reasonOf(error)}`,
        'Correct REDIS_URL, or the rights of its user.',
      ),
    ];
  } finally {
    client.destroy();
  }
}

function infoFindings(host: string, info: string): readonly Finding[] {
  const fact = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = fact('valkey_version') || fact('redis_version');
  const findings: Finding[] = [];
  if (Number.parseInt(fact('redis_version'), 10) < 7) {
    findings.push(problem('Redis', `${host} is version ${version}`, 'Use Redis 7 or newer.'));
  }
  if (fact('redis_mode') === 'cluster') {
    findings.push(problem('Redis', `${host} is a cluster`, 'Use a single Redis: clusters are not supported.'));
  }
  if (fact('role') === 'slave') {
    findings.push(problem('Redis', `${host} is a read-only replica`, 'Let REDIS_URL name the primary.'));
  }
  if (fact('aof_enabled') === '0') {
    findings.push(
      warning('Redis', `${host} loses accepted deliveries when it crashes`, 'Set appendonly yes in Redis.'),
    );
  }
  if (!['noeviction', ''].includes(fact('maxmemory_policy'))) {
    findings.push(
      warning(
        'Redis',
        `${host} drops keys when it is full (${fact('maxmemory_policy')})`,
        'Set maxmemory-policy noeviction in Redis.',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('Redis', `${host} (${version}) accepts writes and keeps them`)];
}
