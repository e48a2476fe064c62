import { payloadOf } from './payloads.ts';

let pushes = 0;

/** A push of a commit that no other push has, to a repository of this id. */
export function pushOf(repoId: string, id: number, isPrivate = false): Record<string, unknown> {
  return payloadOf('push', repoId, (payload) => {
    // In decimal: padded with a digit of its own, one number would be another.
    const sha = String(++pushes).padStart(40, 'b');
    payload.after = sha;
    payload.head_commit = { ...(payload.head_commit as object), id: sha, message: `push ${pushes}` };
    Object.assign(payload.repository as object, { id, private: isPrivate });
  });
}

/** The message of the newest commit of a push. */
export function messageOf(push: Readonly<Record<string, unknown>>): string {
  return (push.head_commit as { message: string }).message;
}
