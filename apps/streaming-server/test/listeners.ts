import { SessionKeys } from '../src/access/session-keys.ts';
import { type Grant, Tokens } from '../src/access/tokens.ts';
import { readConfig } from '../src/settings/config.ts';
import type { DoorsConfig } from '../src/settings/doors.ts';

/** A secret that signs tokens in tests. */
export const sessionSecret = 'session-secret-of-32-bytes-or-more';

/** Settings of the doors, with that secret and what a test wants else. */
export function doorsWith(wanted: Partial<DoorsConfig> = {}): DoorsConfig {
  return { ...readConfig({}).doors, sessionSecrets: [sessionSecret], ...wanted };
}

/** Makes the headers of a listener whose token lists these repositories. */
export async function listenerOf(
  repositories: readonly number[],
  { secret = sessionSecret, ...grant }: Partial<Grant> & { readonly secret?: string } = {},
): Promise<{ readonly authorization: string }> {
  const tokens = new Tokens(new SessionKeys([secret]));
  const { token } = await tokens.make({ subject: 'test', renewableUntil: Date.now(), ...grant, repositories });
  return { authorization: `Bearer ${token}` };
}
