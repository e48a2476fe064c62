import { agentOf } from './agents.ts';
import { type Scalar, text } from './untrusted.ts';

/** An account as payloads have it. */
export interface Account {
  readonly login?: Scalar;
  readonly type?: Scalar;
}

/** Returns whether an account belongs to a program. */
export function isProgram(account: Account | null | undefined): boolean {
  return account?.type === 'Bot' || agentOf(text(account?.login)) !== undefined;
}

/** Returns the login of the first account that belongs to a person. */
export function personOf(...accounts: readonly (Account | null | undefined)[]): string | undefined {
  return accounts.map((account) => (isProgram(account) ? '' : text(account?.login))).find((login) => login !== '');
}

/**
 * Returns the word by which something joins an act of the same sender. What a program does joins the act of any sender.
 */
export function by(thing: string, sender: Account | null | undefined): string {
  return `${thing} by ${isProgram(sender) ? 'a program' : text(sender?.login).toLowerCase()}`;
}

/** Returns the words that an act absorbs: what the same sender does to the thing, and what programs do to it. */
export function doneTo(thing: string, sender: Account | null | undefined): readonly string[] {
  return [by(thing, sender), by(thing, { type: 'Bot' })];
}
