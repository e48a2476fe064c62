import { demoRepoId } from '../demo/scenes.ts';
import type { Config } from './config.ts';
import type { WebhookSecrets } from './data-dir.ts';

/**
 * Returns what a person needs to know when the server has started: where to listen, what to paste into GitHub, and how
 * the server is set up.
 */
export function banner(
  config: Config,
  secrets: WebhookSecrets,
  { origin, http2Origin }: { readonly origin: string; readonly http2Origin: string | undefined },
): string {
  const place = config.doors.publicUrl ?? origin;
  const secretLine = {
    made: `${secrets.secrets[0]}   (shown only now; kept in ${secrets.file})`,
    kept: `the one in ${secrets.file}`,
    given: `the first of GITHUB_WEBHOOK_SECRETS (${secrets.secrets.length} in use)`,
  }[secrets.origin];
  const access =
    config.streamDefaultAccess === 'public'
      ? 'anyone who reaches this server may listen to repositories that no delivery has named'
      : 'nobody may listen to a repository until a delivery has said that it is public';
  const ways = [
    ...(config.adminTokens.length > 0 ? ['a token of the operator'] : []),
    ...(config.doors.oidc ? [new URL(config.doors.oidc.issuer).hostname] : []),
    ...(config.doors.github ? ['GitHub'] : []),
  ];
  return [
    '',
    `bots-n-cats plays at    ${place}/`,
    config.demo
      ? `  the demo room         ${demoRepoId}, playing while it has listeners`
      : '  the demo room         off (DEMO=on switches it on)',
    `  a room of your own    ${place}/?repo=owner/repo`,
    '',
    'To hear a repository, add a webhook in its settings on GitHub:',
    `  Payload URL           ${place}/webhooks/github${config.doors.publicUrl === undefined ? '   (through a tunnel or proxy that GitHub can reach)' : ''}`,
    '  Content type          application/json',
    `  Secret                ${secretLine}`,
    '',
    ...(place === origin ? [] : [`Listens at              ${origin}/`]),
    ...(http2Origin === undefined ? [] : [`HTTP/2 for a proxy      ${http2Origin}/`]),
    `Data                    ${config.dataDir}`,
    `Event bus               ${config.redisUrl === undefined ? 'embedded, in the data folder (REDIS_URL is not set)' : 'Redis, shared with other servers'}`,
    'Renderer                embedded, in processes of its own',
    `Access                  ${access}`,
    `Private rooms           ${ways.length === 0 ? 'nobody can sign in to hear them' : `open to those who sign in with ${ways.join(', ')}`}`,
    `Operator                ${config.adminTokens.length === 0 ? 'none (ADMIN_TOKENS is not set)' : `${config.adminTokens.length} token${config.adminTokens.length === 1 ? '' : 's'}`}`,
    '',
    'Ctrl-C stops the server.',
    '',
  ].join('\n');
}
