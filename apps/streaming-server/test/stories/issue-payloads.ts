import { envelope, iso, type Json, linkTo, type OfPull, pullOf, type Scene } from './payload-parts.ts';

interface Issue extends OfPull {
  readonly action: string;
  readonly reason?: string;
  readonly label?: string;
}

interface Comment extends OfPull {
  readonly comment: number;
  readonly onPull?: boolean;
}

function issueOf(scene: Scene, { number, title = `Wish ${number}` }: Pick<OfPull, 'number' | 'title'>): Json {
  return {
    id: 8_000_000 + number,
    number,
    title,
    html_url: linkTo(scene, `issues/${number}`),
    updated_at: iso(scene.at),
  };
}

/** Payloads of issues, and of comments on them and on pull requests. */
export const issuePayloads = {
  issues: (scene: Scene, { action, by, reason, label, ...issue }: Issue): Json => ({
    action,
    issue: { ...issueOf(scene, issue), state_reason: reason ?? null },
    ...(label !== undefined && { label: { name: label } }),
    ...envelope(scene, by),
  }),
  issue_comment: (scene: Scene, { by, comment, onPull = false, ...issue }: Comment): Json => ({
    action: 'created',
    issue: {
      ...(onPull ? pullOf(scene, issue) : issueOf(scene, issue)),
      ...(onPull && { pull_request: { html_url: linkTo(scene, `pull/${issue.number}`) } }),
    },
    comment: {
      id: comment,
      created_at: iso(scene.at),
      html_url: linkTo(scene, `issues/${issue.number}#issuecomment-${comment}`),
    },
    ...envelope(scene, by),
  }),
} as const;
