import { gzipSync } from 'node:zlib';
import { signWebhook } from '../src/index.ts';
import { delivery, example, SECRET } from './deliveries.ts';
import { rawRequest } from './raw-request.ts';

/** A request that no honest sender makes, and the responses that are right. */
export type Hostile = readonly [name: string, request: Buffer, ...answers: (number | 'closed')[]];

type Headers = Readonly<Record<string, string | undefined>>;

function lines(headers: Headers): string[] {
  return Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
}

/** A delivery signed with the right secret, with some of its headers changed. */
function signed(body: Buffer | string | object, changes: Headers = {}, event = 'push'): Buffer {
  const bytes =
    typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const { headers } = delivery(event, bytes);
  return rawRequest(lines({ ...headers, 'content-length': String(bytes.length), ...changes }), bytes);
}

const push = example('push');
const body = Buffer.from(JSON.stringify(push));
const right = signWebhook(SECRET, body);
const hex = right.slice('sha256='.length);

function withSignature(name: string, signature: string | undefined, ...more: string[]): Hostile {
  return [
    `signature: ${name}`,
    rawRequest(
      [
        ...lines({
          ...delivery('push', body).headers,
          'content-length': String(body.length),
          'x-hub-signature-256': signature,
        }),
        ...more,
      ],
      body,
    ),
    401,
  ];
}

const signatures: readonly Hostile[] = [
  withSignature('missing', undefined),
  withSignature('empty', ''),
  withSignature('no digits', 'sha256='),
  withSignature('one digit short', right.slice(0, -1)),
  withSignature('one digit long', `${right}0`),
  withSignature('not hexadecimal', `sha256=${'g'.repeat(64)}`),
  withSignature('upper case', `sha256=${hex.toUpperCase()}`),
  withSignature('no algorithm', hex),
  withSignature('sha1', `sha1=${hex.slice(0, 40)}`),
  withSignature('sha512', `sha512=${hex}${hex}`),
  withSignature('only the old header', undefined, `X-Hub-Signature: sha1=${hex.slice(0, 40)}`),
  withSignature('two values', `${right}, ${right}`),
  withSignature('two headers', right, `X-Hub-Signature-256: ${right}`),
  withSignature('a guess', `sha256=${'ab'.repeat(32)}`),
  withSignature('zeros', `sha256=${'0'.repeat(64)}`),
  withSignature('quoted', `"${right}"`),
  withSignature('a space inside', `sha256= ${hex}`),
  withSignature('digits of another script', `sha256=${'\u00b2'.repeat(64)}`),
  withSignature('of another body', signWebhook(SECRET, '{}')),
  withSignature('with another secret', signWebhook('another secret of length', body)),
  withSignature('with an empty secret', signWebhook('', body)),
  withSignature('with the secret of careless frameworks', signWebhook('development', body)),
  withSignature('with the secret and a newline', signWebhook(`${SECRET}\n`, body)),
  withSignature('under another name', undefined, `X-Forwarded-Signature: ${right}`),
];

function tampered(name: string, bytes: Buffer | string): Hostile {
  return [`body: ${name}`, signed(bytes, { 'x-hub-signature-256': right }), 401];
}

const tamperedRequests: readonly Hostile[] = [
  tampered('one letter changed', body.toString().replace('Codertocat', 'codertocat')),
  tampered('rewritten with spaces', JSON.stringify(push, null, 2)),
  tampered('a newline at its end', `${body.toString()}\n`),
  tampered('a byte order mark before it', `\ufeff${body.toString()}`),
  tampered('keys in another order', JSON.stringify(Object.fromEntries(Object.entries(push).toReversed()))),
  tampered('as a form', `payload=${encodeURIComponent(body.toString())}`),
  tampered('none', ''),
  tampered('cut in half', body.subarray(0, body.length / 2)),
];

function nested(open: string, close: string, depth: number): string {
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

function keys(amount: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: amount }, (_, n) => [`key${n}`, n]));
}

const repository = { id: 1, full_name: 'a/b', private: false };

function json(name: string, payload: Buffer | string | object, answers: readonly number[], event = 'push'): Hostile {
  return [`json: ${name}`, signed(payload, {}, event), ...answers];
}

const jsonShapes: readonly Hostile[] = [
  ...[
    '42',
    '-0',
    '"x"',
    'null',
    'true',
    '[]',
    '[{}]',
    '',
    ' ',
    '{',
    '{"a":1}}',
    'NaN',
    '1 2',
    "{'a':1}",
    '{"a":1,}',
    '\u0000',
  ].map((text) => json(`not an object: ${JSON.stringify(text)}`, text, [400])),
  json('arrays, a million deep', nested('[', ']', 1_000_000), [400]),
  json('objects, 100,000 deep', nested('{"a":', '}', 100_000), [202]),
  json(
    'changes, 100,000 deep',
    `{"changes":${nested('[', ']', 100_000)},"repository":${JSON.stringify(repository)}}`,
    [202],
    'issues',
  ),
  json('200,000 keys', { ...keys(200_000), repository }, [202]),
  json('200,000 keys of an issue', { action: 'opened', issue: keys(200_000), repository }, [202], 'issues'),
  json(
    'a number of a million digits',
    `{"id":${'9'.repeat(1_000_000)},"repository":${JSON.stringify(repository)}}`,
    [202],
    'status',
  ),
  json('infinite id', `{"repository":{"id":1e999,"full_name":"a/b"}}`, [400]),
  json('duplicate keys', `{"repository":{"id":1,"full_name":"a/b","full_name":"../b"}}`, [400]),
  json(
    'a title of 15 MB',
    { action: 'opened', issue: { title: '\u202e\u0000x'.repeat(1_500_000) }, repository },
    [202],
    'issues',
  ),
  json(
    '200,000 commits',
    { ref: 'refs/heads/x', commits: Array.from({ length: 200_000 }, () => ({})), repository },
    [202],
  ),
  json(
    'a million files',
    { ref: 'refs/heads/x', commits: [{ added: Array.from({ length: 1_000_000 }, (_, n) => `${n}`) }], repository },
    [202],
  ),
  json('a million pages', { pages: Array.from({ length: 1_000_000 }, () => 1), repository }, [202], 'gollum'),
  json(
    'lone surrogates',
    `{"action":"opened","issue":{"title":"\\ud83d"},"repository":${JSON.stringify(repository)}}`,
    [202],
    'issues',
  ),
  json('bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), [400]),
  json('UTF-16', Buffer.from('{"a":1}', 'utf16le'), [400]),
];

const pollution: readonly Hostile[] = [
  json('__proto__ at the top', `{"__proto__":{"polluted":1},"repository":${JSON.stringify(repository)}}`, [202]),
  json('__proto__ in the repository', `{"repository":{"id":1,"full_name":"a/b","__proto__":{"polluted":1}}}`, [202]),
  json('__proto__ as the repository', `{"repository":{"__proto__":{"id":1,"full_name":"a/b"}}}`, [400]),
  json('constructor.prototype', { constructor: { prototype: { polluted: 1 } }, repository }, [202]),
  json(
    'changes.__proto__',
    `{"action":"edited","changes":{"__proto__":{"polluted":1}},"repository":${JSON.stringify(repository)}}`,
    [202],
    'repository',
  ),
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''].map((action) =>
    json(`action ${JSON.stringify(action)}`, { action, issue: {}, repository }, [202], 'issues'),
  ),
  ...['constructor', 'prototype', 'valueof'].map((event) => json(`event ${event}`, { repository }, [202], event)),
];

const repositoryNames: readonly Hostile[] = [
  '../b',
  'a/..',
  'a/.',
  './b',
  '/b',
  'a/',
  'a',
  'a/b/c',
  'a\\b',
  'a/b\r\nX: y',
  'a/b\u0000',
  'a/b ',
  ' a/b',
  'a//b',
  '-a/b',
  'ä/b',
  'a/\u202eb',
  'а/b',
  'a/%2e%2e',
  'a:b/c',
  '*/b',
  'a/*',
  'a/b?c',
  'a/b#c',
  `${'a'.repeat(40)}/b`,
  `a/${'b'.repeat(101)}`,
  `a/${'b'.repeat(1_000_000)}`,
  '',
  'a/b\n',
  "a/b'",
  'a/<b>',
  'a/b;c',
].map(
  (name): Hostile => [
    `repository: ${JSON.stringify(name.length > 60 ? `${name.slice(0, 20)} of ${name.length}` : name)}`,
    signed({ ref: 'refs/heads/x', commits: [], repository: { ...repository, full_name: name } }),
    400,
  ],
);

function typed(name: string, payload: object, answers: readonly number[], event = 'push'): Hostile {
  return json(`types: ${name}`, payload, answers, event);
}

const types: readonly Hostile[] = [
  ...['x', 1, true, [], {}, [[]]].map((value) =>
    typed(`repository ${JSON.stringify(value)}`, { repository: value }, [400]),
  ),
  ...['1', -1, 0, 1.5, 2 ** 53, null, [1], { a: 1 }].map((id) =>
    typed(`repository.id ${JSON.stringify(id)}`, { repository: { ...repository, id } }, [400]),
  ),
  typed('private as a text', { ref: 'x', commits: [], repository: { ...repository, private: 'false' } }, [202]),
  typed('commits as an object', { commits: { length: 1e9 }, repository }, [202]),
  typed('commits of numbers', { commits: [1, null, 'x', [[]]], repository }, [202]),
  typed('files as an object', { commits: [{ added: { length: 1e9 }, removed: 'x', modified: 5 }], repository }, [202]),
  typed('everything null', { action: 'opened', pull_request: null, sender: null, repository }, [202], 'pull_request'),
  typed('everything a text', { action: 'opened', pull_request: 'x', sender: 'x', repository }, [202], 'pull_request'),
  typed('action as an object', { action: { toString: 'x' }, issue: {}, repository }, [202], 'issues'),
  typed('a date as a number', { action: 'opened', issue: { updated_at: 1e300 }, repository }, [202], 'issues'),
  typed(
    'a script as link',
    { action: 'opened', issue: { html_url: 'javascript:alert(1)' }, repository },
    [202],
    'issues',
  ),
  typed('markup as login', { sender: { login: '<img src=x onerror=alert(1)>\r\n' }, commits: [], repository }, [202]),
  typed('repositories as a text', { action: 'deleted', repositories: 'x', installation: 5 }, [202], 'installation'),
  typed(
    'repositories of anything',
    { action: 'deleted', repositories: [1, null, 'x', { id: 'x' }] },
    [202],
    'installation',
  ),
  typed('changes as a list', { action: 'renamed', changes: [1], repository }, [202], 'repository'),
  typed('ping with a repository of numbers', { repository: 5 }, [400], 'ping'),
];

function form(name: string, text: string, answer: number): Hostile {
  return [`form: ${name}`, signed(text, { 'content-type': 'application/x-www-form-urlencoded' }), answer];
}

function media(name: string, changes: Headers, bytes: Buffer = body): Hostile {
  return [`media: ${name}`, signed(bytes, changes), 415];
}

const mediaRequests: readonly Hostile[] = [
  media('none', { 'content-type': undefined }),
  ...[
    'text/plain',
    'text/html',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/json5',
    'application',
    ';',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'text/json',
    'x'.repeat(5000),
  ].map((type) => media(type.slice(0, 60), { 'content-type': type })),
  media('gzip', { 'content-encoding': 'gzip' }, gzipSync(body)),
  media('a gzip bomb', { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(50_000_000))),
  media('deflate', { 'content-encoding': 'deflate' }),
  media('brotli', { 'content-encoding': 'br' }),
  form('no payload', 'a=1&b=2', 400),
  form('two payloads', 'payload=%7B%7D&payload=%7B%7D', 400),
  form('broken percent', 'payload=%7B%', 400),
  form('percent that is not UTF-8', 'payload=%ff%fe', 400),
  form('a scalar', 'payload=42', 400),
  form('a million fields', `${'a=1&'.repeat(1_000_000)}payload=%7B%7D`, 400),
  form('empty', '', 400),
];

function headed(name: string, changes: Headers, ...answers: (number | 'closed')[]): Hostile {
  return [`header: ${name}`, signed(body, changes), ...answers];
}

const headers: readonly Hostile[] = [
  ...[undefined, '', '__proto__', 'Push', 'push push', 'push,push', 'p'.repeat(65), '../push', 'push*', '1'].map(
    (event) => headed(`event ${JSON.stringify(event)}`, { 'x-github-event': event }, 400),
  ),
  ...[undefined, '', 'x'.repeat(101), '../../etc/passwd', 'a b', 'a:b', '-', '\u00ff', 'a,b'].map((id) =>
    headed(`delivery ${JSON.stringify(id?.slice(0, 20))}`, { 'x-github-delivery': id }, 400),
  ),
  headed('length negative', { 'content-length': '-1' }, 400),
  headed('length a word', { 'content-length': 'many' }, 400),
  headed('length with an exponent', { 'content-length': '1e3' }, 400),
  headed('length with a sign', { 'content-length': `+${body.length}` }, 400),
  headed('length beyond all numbers', { 'content-length': '9'.repeat(25) }, 400, 413),
  headed('length over the cap', { 'content-length': String(25 * 2 ** 20 + 1) }, 413),
  headed('length too short', { 'content-length': String(body.length - 5) }, 400, 401),
  headed('length and chunks', { 'transfer-encoding': 'chunked' }, 400),
  headed('chunked twice', { 'content-length': undefined, 'transfer-encoding': 'chunked, chunked' }, 400, 401),
  headed('unknown transfer encoding', { 'content-length': undefined, 'transfer-encoding': 'cats' }, 400, 401, 501),
  headed('a header of 20 KB', { 'x-long': 'x'.repeat(20_000) }, 431),
  headed('a NUL', { 'x-nul': 'a\u0000b' }, 400),
  headed('a bare carriage return', { 'x-cr': 'a\rb' }, 400),
  headed('a name with a space', { 'x cat': '1' }, 400),
];

function unsigned(start: string, headers: readonly string[] = [], bytes: Buffer | string = ''): Buffer {
  return rawRequest(headers, bytes, start);
}

const good = lines({ ...delivery('push', body).headers });
const protocol: readonly Hostile[] = [
  ['protocol: two lengths', rawRequest([...good, `Content-Length: ${body.length}`, 'Content-Length: 3'], body), 400],
  [
    'protocol: bad chunk size',
    rawRequest([...good, 'Transfer-Encoding: chunked'], 'zz\r\nabc\r\n0\r\n\r\n'),
    400,
    'closed',
  ],
  [
    'protocol: negative chunk size',
    rawRequest([...good, 'Transfer-Encoding: chunked'], '-5\r\nabc\r\n0\r\n\r\n'),
    400,
    'closed',
  ],
  [
    'protocol: huge chunk size',
    rawRequest([...good, 'Transfer-Encoding: chunked'], `${'f'.repeat(17)}\r\nabc`),
    400,
    'closed',
  ],
  [
    'protocol: endless chunk extension',
    rawRequest([...good, 'Transfer-Encoding: chunked'], `5;${'x'.repeat(50_000)}\r\n`),
    400,
    413,
    'closed',
  ],
  ['protocol: empty chunks', rawRequest([...good, 'Transfer-Encoding: chunked'], '0\r\n\r\n'), 401],
  [
    'protocol: a request inside the body',
    rawRequest([...good, 'Content-Length: 60'], 'GET /webhooks/github HTTP/1.1\r\nHost: x\r\n\r\n'.padEnd(60)),
    401,
  ],
  ['protocol: folded header', rawRequest([...good, 'X-Fold: a', ' b', 'Content-Length: 0']), 400],
  ['protocol: no host', Buffer.from('POST /webhooks/github HTTP/1.1\r\nContent-Length: 0\r\n\r\n'), 400],
  ['protocol: no version', Buffer.from('POST /webhooks/github\r\n\r\n'), 400, 401],
  ['protocol: another protocol', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 400, 'closed'],
  ['protocol: a TLS greeting', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]), 400, 'closed'],
  ['protocol: noise', Buffer.alloc(4096, 0xaa), 400, 'closed'],
  ['protocol: unknown method', unsigned('CATS /webhooks/github HTTP/1.1'), 400],
  ['protocol: TRACE', unsigned('TRACE /webhooks/github HTTP/1.1'), 400, 404],
  ...['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map(
    (method): Hostile => [`protocol: ${method}`, unsigned(`${method} /webhooks/github HTTP/1.1`), 404],
  ),
  ['protocol: a path above', unsigned('POST /webhooks/../webhooks/github HTTP/1.1', ['Content-Length: 0']), 404],
  ['protocol: a path of 10 KB', unsigned(`POST /${'x'.repeat(10_000)} HTTP/1.1`, ['Content-Length: 0']), 404, 414],
  ['protocol: a broken percent in the path', unsigned('POST /webhooks/%zz HTTP/1.1', ['Content-Length: 0']), 400, 404],
  [
    'protocol: signature in the query',
    unsigned(`POST /webhooks/github?signature=${right} HTTP/1.1`, ['Content-Length: 2'], '{}'),
    401,
  ],
  ['protocol: an upgrade', rawRequest([...good, 'Upgrade: websocket', 'Content-Length: 2'], '{}'), 401],
  [
    'protocol: expecting a miracle',
    rawRequest([...good, 'Expect: miracle', `Content-Length: ${body.length}`], body),
    202,
    417,
  ],
];

/** The whole table. */
export const hostileRequests: readonly Hostile[] = [
  ...signatures,
  ...tamperedRequests,
  ...jsonShapes,
  ...pollution,
  ...repositoryNames,
  ...types,
  ...mediaRequests,
  ...headers,
  ...protocol,
];
