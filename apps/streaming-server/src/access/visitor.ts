import type { Door } from '../rooms/access.ts';
import type { Grant } from './tokens.ts';

/** Who makes a request, and what they may hear. */
export class Visitor {
  /** True for the operator, who may do everything. */
  readonly isOperator: boolean;
  /** True for those who may read the metrics. */
  readonly mayWatch: boolean;
  /** What the token of the request says; undefined without a valid one. */
  readonly grant: Grant | undefined;
  readonly #repositories: ReadonlySet<number>;

  private constructor({ isOperator = false, mayWatch = isOperator }: Partial<Visitor> = {}, grant?: Grant) {
    this.isOperator = isOperator;
    this.mayWatch = mayWatch;
    this.grant = grant;
    this.#repositories = new Set(grant?.repositories);
  }

  /** Someone about whom nothing is known. */
  static readonly stranger: Visitor = new Visitor();

  /** Someone whose address has sent too many wrong tokens. */
  static readonly guesser: Visitor = new Visitor();

  /** The operator. */
  static readonly operator: Visitor = new Visitor({ isOperator: true });

  /** Someone who may read the metrics, and nothing else that strangers may not. */
  static readonly watcher: Visitor = new Visitor({ mayWatch: true });

  /** Someone with a token. */
  static of(grant: Grant): Visitor {
    return new Visitor({}, grant);
  }

  /** Tells whether they may hear a room as it is now. */
  mayHear({ isPublic, needs }: Door): boolean {
    if (isPublic || this.isOperator) return true;
    if (!needs || !this.grant || this.grant.expiresAt <= Date.now()) return false;
    return needs.every((number) => this.#repositories.has(number));
  }
}
