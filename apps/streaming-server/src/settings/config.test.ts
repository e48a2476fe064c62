import { describe, expect, test } from 'vitest';
import { ConfigError, isLoopback, readConfig } from './config.ts';

function refusal(env: Record<string, string>, flags: Record<string, string> = {}): string {
  try {
    readConfig(env, flags);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the settings were taken');
}

describe('settings', () => {
  test('have a default for everything', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      dataDir: `${process.cwd()}/data`,
      webhookSecrets: [],
      adminTokens: [],
      streamDefaultAccess: 'public',
      demo: true,
      production: false,
    });
  });

  test('deny what is unknown and play no demo in production', () => {
    expect(readConfig({ NODE_ENV: 'production' })).toMatchObject({ streamDefaultAccess: 'deny', demo: false });
  });

  test('deny what is unknown when other machines can reach the server', () => {
    expect(readConfig({ HOST: '0.0.0.0' }).streamDefaultAccess).toBe('deny');
    expect(readConfig({ HOST: '::1' }).streamDefaultAccess).toBe('public');
    expect(isLoopback('127.evil.example')).toBe(false);
  });

  test('read lists of secrets in their order', () => {
    expect(readConfig({ GITHUB_WEBHOOK_SECRETS: 'new-secret-0123456, old-secret-0123456' }).webhookSecrets).toEqual([
      'new-secret-0123456',
      'old-secret-0123456',
    ]);
  });

  test('let a flag win over the environment', () => {
    expect(readConfig({ PORT: '4000' }, { port: '5000' }).port).toBe(5000);
  });

  test.each([
    ['PORT', '65536'],
    ['PORT', '3000x'],
    ['PORT', '-1'],
    ['HTTP2_PORT', '70000'],
    ['HTTP2_PORT', 'on'],
    ['HOST', 'no spaces allowed'],
    ['GITHUB_WEBHOOK_SECRETS', 'short'],
    ['GITHUB_WEBHOOK_SECRETS', ''],
    ['GITHUB_WEBHOOK_SECRETS', 'long-enough-secret-1,,'],
    ['ADMIN_TOKENS', 'sixteen-bytes-00'],
    ['STREAM_DEFAULT_ACCESS', 'maybe'],
    ['DEMO', 'sometimes'],
    ['REDIS_URL', 'http://127.0.0.1'],
  ])('refuse %s=%s and name the variable', (variable, value) => {
    expect(refusal({ [variable]: value })).toContain(variable);
  });

  test('name the flag where a flag is wrong', () => {
    expect(refusal({}, { port: 'abc' })).toMatch(/^--port .*'abc'/);
  });

  test('never print a secret that is refused', () => {
    expect(refusal({ ADMIN_TOKENS: 'my-little-secret' })).not.toContain('my-little-secret');
  });
});
