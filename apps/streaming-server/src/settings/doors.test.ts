import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { basePathOf } from './doors.ts';

const oidc = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'music', OIDC_CLIENT_SECRET: 'secret' };

describe('settings of the doors', () => {
  test('trust this machine alone, let no other origin read, and know no provider by default', () => {
    expect(readConfig({}).doors).toEqual({
      sessionSecrets: [],
      trustProxy: ['loopback'],
      corsOrigins: [],
      rateLimit: 1200,
    });
  });

  test('are read in every form that the documentation shows', () => {
    const { doors } = readConfig({
      ...oidc,
      PUBLIC_URL: 'https://music.example.com/',
      TRUST_PROXY: 'loopback, 10.0.0.0/8,2001:db8::1',
      CORS_ORIGINS: 'https://a.example,http://b.example:8080',
      RATE_LIMIT: '0',
      OIDC_SCOPE: 'openid profile groups',
      OIDC_ROOMS: 'groups=music:Owner/*,other/repo; *:owner/site; https://claims.example/team=a:b/c',
      GITHUB_CLIENT_ID: 'app',
      GITHUB_CLIENT_SECRET: 'secret',
      GITHUB_URL: 'https://github.example.com/',
    });
    expect(doors).toEqual({
      sessionSecrets: [],
      publicUrl: 'https://music.example.com',
      trustProxy: ['loopback', '10.0.0.0/8', '2001:db8::1'],
      corsOrigins: ['https://a.example', 'http://b.example:8080'],
      rateLimit: 0,
      oidc: {
        issuer: 'https://id.example',
        clientId: 'music',
        clientSecret: 'secret',
        scope: 'openid profile groups',
        rules: [
          { claim: { name: 'groups', value: 'music' }, repositories: ['owner/*', 'other/repo'] },
          { repositories: ['owner/site'] },
          { claim: { name: 'https://claims.example/team', value: 'a' }, repositories: ['b/c'] },
        ],
      },
      github: { clientId: 'app', clientSecret: 'secret', scope: '', url: 'https://github.example.com' },
    });
    expect(readConfig({ TRUST_PROXY: 'off' }).doors.trustProxy).toEqual([]);
  });

  test.each([
    ['https://music.example.com/', 'https://music.example.com', ''],
    ['https://Example.com:443/music', 'https://example.com/music', '/music'],
    ['http://example.com:8080/a/b-c.d/', 'http://example.com:8080/a/b-c.d', '/a/b-c.d'],
  ])('take the public URL %s, with its path', (text, publicUrl, path) => {
    const { doors } = readConfig({ PUBLIC_URL: text });
    expect([doors.publicUrl, basePathOf(doors)]).toEqual([publicUrl, path]);
  });

  test.each<[variable: string, env: Record<string, string>]>([
    ['PUBLIC_URL', { PUBLIC_URL: 'music.example.com' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://music.example.com/path?query' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://music.example.com/a//b' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://music.example.com/a/../b' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://music.example.com/a%2Fb' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://user@music.example.com/' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'javascript:alert(1)' }],
    ['TRUST_PROXY', { TRUST_PROXY: 'everyone' }],
    ['TRUST_PROXY', { TRUST_PROXY: ',' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'null' }],
    ['RATE_LIMIT', { RATE_LIMIT: 'much' }],
    ['SESSION_SECRETS', { SESSION_SECRETS: 'short' }],
    ['OIDC_ROOMS', oidc],
    ['OIDC_CLIENT_SECRET', { ...oidc, OIDC_CLIENT_SECRET: '', OIDC_ROOMS: '*:a/b' }],
    ['OIDC_ISSUER', { ...oidc, OIDC_ISSUER: 'http://id.example', OIDC_ROOMS: '*:a/b' }],
    ['OIDC_SCOPE', { ...oidc, OIDC_SCOPE: 'profile', OIDC_ROOMS: '*:a/b' }],
    ['OIDC_ROOMS', { ...oidc, OIDC_ROOMS: '*:*' }],
    ['OIDC_ROOMS', { ...oidc, OIDC_ROOMS: 'a/b' }],
    ['OIDC_ROOMS', { ...oidc, OIDC_ROOMS: 'groups:a/b' }],
    ['GITHUB_CLIENT_SECRET', { GITHUB_CLIENT_ID: 'app' }],
    ['GITHUB_URL', { GITHUB_CLIENT_ID: 'a', GITHUB_CLIENT_SECRET: 'b', GITHUB_URL: 'http://github.example' }],
  ])('refuse a wrong %s and name it', (variable, env) => {
    expect(() => readConfig(env)).toThrow(new RegExp(`(?:${variable}|--${variable.toLowerCase().replace('_', '-')})`));
  });
});
