/** Someone who has proved who they are. */
export interface Identity {
  /** Their id, such as `github 583231`, different for each provider. */
  readonly subject: string;
  /** Their name, to show to people. */
  readonly name: string;
  /** What `mayHear` needs to know about them. */
  readonly proof: unknown;
}

/** What must be remembered while the browser is at the provider. */
export interface Ticket {
  readonly state: string;
  readonly verifier: string;
  readonly nonce: string;
}

/** A repository that a provider is asked about. */
export interface AskedRepository {
  readonly repoId: string;
  readonly repositoryId: number;
}

/** A way to sign in. */
export interface Provider {
  readonly id: 'oidc' | 'github';
  /** What the button says after "Sign in with". */
  readonly label: string;
  /** How long someone stays signed in, in ms. */
  readonly lifeMs: number;
  /** How long a result of `mayHear` is valid, in ms. */
  readonly trustMs: number;
  /** Returns where to send the browser. */
  start(redirectUri: string, ticket: Ticket): Promise<URL>;
  /**
   * Finds out who has come back from the provider.
   * @throws {SignInError} when the provider does not vouch for them
   */
  finish(callback: URL, ticket: Ticket): Promise<Identity>;
  /**
   * Tells whether someone may hear a repository.
   * @throws {SignInError} `ended` when the provider no longer knows them, `unavailable` when it does not respond
   */
  mayHear(identity: Identity, repository: AskedRepository): Promise<boolean>;
}

/** Why a sign-in failed or ended. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
  readonly reason: 'refused' | 'ended' | 'unavailable';

  constructor(reason: SignInError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
