/**
 * Reads what happened in a repository that sends no webhooks: from its git history, or from GitHub's Events API.
 * @module
 */

export { type GitHistoryOptions, readGitHistory } from './sources/git-history.ts';
export { pollRepositoryEvents, type RepositoryEventsOptions } from './sources/repository-events.ts';
