/** A job of a workflow run that has ended, as GitHub tells it. */
export function jobOf(repoId: string, name: string, conclusion: 'success' | 'failure', attempt = 1): object {
  return {
    action: 'completed',
    workflow_job: {
      id: 1000 + attempt + name.length,
      run_id: 900,
      run_attempt: attempt,
      workflow_name: 'CI',
      head_branch: 'main',
      head_sha: 'ae'.repeat(20),
      name,
      conclusion,
      completed_at: '2026-11-16T09:00:00Z',
    },
    ...repositoryOf(repoId),
  };
}

/** A workflow run that has ended. */
export function runOf(repoId: string, conclusion: 'success' | 'failure', attempt = 1): object {
  return {
    action: 'completed',
    workflow_run: {
      id: 900,
      name: 'CI',
      workflow_id: 7,
      run_number: 12,
      run_attempt: attempt,
      head_branch: 'main',
      head_sha: 'ae'.repeat(20),
      event: 'push',
      conclusion,
      html_url: `https://github.com/${repoId}/actions/runs/900`,
      pull_requests: [],
      updated_at: '2026-11-16T09:00:00Z',
    },
    ...repositoryOf(repoId),
  };
}

/** The repository and the sender of a delivery. */
export function repositoryOf(repoId: string, id = 4711): { repository: object; sender: object } {
  return {
    repository: {
      id,
      full_name: repoId,
      private: false,
      html_url: `https://github.com/${repoId}`,
      default_branch: 'main',
      updated_at: '2026-11-23T00:00:00Z',
    },
    sender: { id: 5, login: 'ada', type: 'User' },
  };
}
