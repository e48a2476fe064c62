import { agentOf } from './agents.ts';
import { type Scalar, text } from './untrusted.ts';

/** An account as payloads spell it. */
export interface Account {
  readonly login?: Scalar;
  readonly type?: Scalar;
}

/** Tells whether an account is a program's. */
export function isProgram(account: Account | null | undefined): boolean {
  return account?.type === 'Bot' || agentOf(text(account?.login)) !== undefined;
}

/** Names the first of some accounts that is a person's. */
export function personOf(...accounts: readonly (Account | null | undefined)[]): string | undefined {
  return accounts.map((account) => (isProgram(account) ? '' : text(account?.login))).find((login) => login !== '');
}

/** A word by which something joins an act of the same sender; what programs do joins anybody's. */
export function by(thing: string, sender: Account | null | undefined): string {
  return `${thing} by ${isProgram(sender) ? 'a program' : text(sender?.login).toLowerCase()}`;
}

/** Words that an act of a sender absorbs: what the sender does to the same thing, and what programs do. */
export function doneTo(thing: string, sender: Account | null | undefined): readonly string[] {
  return [by(thing, sender), by(thing, { type: 'Bot' })];
}
