import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { type Config, isLoopback } from '../../settings/config.ts';
import { CliError, reasonOf } from '../cli-error.ts';
import { ask } from '../operator.ts';
import { clockFinding } from './clock.ts';
import { answerMs, type Finding, ok, problem, warning } from './finding.ts';

/** Networks that GitHub cannot reach. */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateNetworks.addSubnet(network, prefix);
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv6');
}

const caddy = 'caddy reverse-proxy --from music.example.com --to 127.0.0.1:3000';

/**
 * Checks whether browsers and GitHub reach the server under its public URL, and whether others could read the traffic.
 * @param isFree - whether the server's port is free: then the server is not running yet
 */
export async function checkReach(
  { host, port, doors: { publicUrl } }: Config,
  isFree: boolean,
): Promise<readonly Finding[]> {
  if (publicUrl === undefined) return [noPublicUrl(host), ...plainHttp(host, undefined, port)];
  const name = 'public URL';
  const { hostname } = new URL(publicUrl);
  let addresses: readonly string[];
  try {
    addresses = (await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true })).map(({ address }) => address);
  } catch (error) {
    return [
      problem(name, `${hostname} has no address (${reasonOf(error)})`, 'Correct PUBLIC_URL, or make a DNS record.'),
    ];
  }
  const isPublic = addresses.some((address) => !privateNetworks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
  const findings: Finding[] = isPublic
    ? []
    : [
        warning(
          name,
          `${hostname} is ${addresses.join(', ')}, which GitHub cannot reach`,
          'Use a public address, or a tunnel, where a repository on github.com is to be heard.',
        ),
      ];
  return [...findings, ...(await visit(publicUrl, isFree)), ...plainHttp(host, publicUrl, port)];
}

function noPublicUrl(host: string): Finding {
  const todo =
    'Set PUBLIC_URL to the https:// address under which GitHub and browsers reach the server; the demo and deliveries from this machine need none.';
  return warning(
    'public URL',
    isLoopback(host) ? 'GitHub cannot reach this server: only this machine can' : 'PUBLIC_URL is not set',
    todo,
  );
}

/** Sends a delivery without a signature: a server of ours refuses it as `WEBHOOK_SIGNATURE_MISSING`. */
async function visit(publicUrl: string, isFree: boolean): Promise<readonly Finding[]> {
  const name = 'webhook URL';
  const url = `${publicUrl}/webhooks/github`;
  try {
    const before = Date.now();
    const time = await ask(publicUrl, '/time', { timeoutMs: answerMs });
    const after = Date.now();
    const delivery = await ask(publicUrl, '/webhooks/github', {
      timeoutMs: answerMs,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-github-event': 'ping', 'x-github-delivery': 'doctor' },
      body: '{}',
    });
    const clock =
      typeof time.body.now === 'number'
        ? [clockFinding('the server', time.body.now - (before + after) / 2, (after - before) / 2)]
        : [];
    if (delivery.body.code === 'WEBHOOK_SIGNATURE_MISSING') return [ok(name, `${url} takes deliveries`), ...clock];
    return [
      problem(
        name,
        `${url} responds ${delivery.status} to a delivery`,
        'Let the proxy pass POST, and the path, to the server as they are.',
      ),
    ];
  } catch (error) {
    if (error instanceof CliError && error.code === 'CLI_SERVER') {
      return [
        problem(
          name,
          error.message,
          'Set PUBLIC_URL to the address of the server, and let the proxy pass every path to it.',
        ),
      ];
    }
    const reason = reasonOf(error instanceof CliError ? error.cause : error);
    const isCertificate = /CERT|SELF_SIGNED|TLS|SSL|UNABLE_TO_/.test(reason);
    return [
      (isFree ? warning : problem)(
        name,
        `${url} does not respond as a server of bots-n-cats (${reason})`,
        isCertificate
          ? `Give it a certificate that GitHub trusts, such as by '${caddy}'.`
          : isFree
            ? 'Start the server, and run the doctor again.'
            : 'Check DNS, firewall and proxy on the way to it.',
      ),
    ];
  }
}

/** People cannot sign in over plain http from another host. */
function plainHttp(host: string, publicUrl: string | undefined, port: number): readonly Finding[] {
  const name = 'encryption';
  if (publicUrl?.startsWith('https:')) {
    if (isLoopback(host)) {
      return [ok(name, 'browsers connect over https, and the server accepts connections from this machine only')];
    }
    return [
      warning(
        name,
        `browsers that reach ${host}:${port} can bypass the proxy over plain http`,
        'Leave HOST on 127.0.0.1 where the proxy is on this machine; otherwise let the firewall admit only the proxy.',
      ),
    ];
  }
  const isOpen = publicUrl === undefined ? !isLoopback(host) : !isLoopback(new URL(publicUrl).hostname);
  if (!isOpen) return [ok(name, 'not needed while browsers are on this machine')];
  return [
    warning(
      name,
      'browsers connect over plain http: nobody can sign in to hear a private room, and others on the network can listen in',
      `Put a proxy with a certificate in front of it, such as '${caddy}', and set PUBLIC_URL to its https:// address.`,
    ),
  ];
}
