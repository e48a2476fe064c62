import type { DoorsConfig } from '../settings/doors.ts';
import { GitHubProvider } from './github.ts';
import { OidcProvider } from './oidc.ts';
import type { Provider } from './sign-in.ts';

/** Returns the ways to sign in that the settings name. */
export function providersOf({ oidc, github }: DoorsConfig): readonly Provider[] {
  return [...(oidc ? [new OidcProvider(oidc)] : []), ...(github ? [new GitHubProvider(github)] : [])];
}
