/**
 * Reads what happened in a repository that sends no webhooks: from its git history, or from GitHub's Events API.
 * @module
 */

export type { SourceDelivery } from './sources/event-payloads.ts';
export { type GitHistoryOptions, readGitHistory } from './sources/git-history.ts';
export {
  pollRepositoryDeliveries,
  pollRepositoryEvents,
  type RepositoryEventsOptions,
} from './sources/repository-events.ts';
