import { text } from '../untrusted.ts';
import type { Chapters } from './story.ts';

type CommunityEvent =
  | 'star'
  | 'watch'
  | 'member'
  | 'public'
  | 'repository'
  | 'repository_import'
  | 'release'
  | 'package'
  | 'registry_package'
  | Unheard;

/** Settings, accounts and money: about no repository, or shown by GitHub to its administrators only. */
type Unheard =
  | 'branch_protection_configuration'
  | 'branch_protection_rule'
  | 'custom_property'
  | 'custom_property_values'
  | 'deploy_key'
  | 'github_app_authorization'
  | 'installation'
  | 'installation_repositories'
  | 'installation_target'
  | 'marketplace_purchase'
  | 'membership'
  | 'meta'
  | 'org_block'
  | 'organization'
  | 'personal_access_token_request'
  | 'ping'
  | 'repository_ruleset'
  | 'sponsorship'
  | 'team'
  | 'team_add';

/** The repository as its public sees it: stars, members, releases, packages, and what becomes of itself. */
export const COMMUNITY: Chapters<CommunityEvent> = {
  star: {
    actions: { created: 'Starred', deleted: null },
    tell: ({ sender, starred_at }, verb) => ({
      title: `${verb} the repository`,
      at: starred_at,
      sameAs: ['star', sender?.id],
    }),
  },
  // The older event for a star.
  watch: {
    actions: { started: 'Starred' },
    tell: ({ sender }, verb) => ({ title: `${verb} the repository`, sameAs: ['star', sender?.id] }),
  },
  member: {
    actions: { added: 'Welcomed', edited: null, removed: null },
    tell: ({ member }, verb) => ({ title: `${verb} ${text(member?.login)}`, sameAs: ['member', member?.id] }),
  },
  public: {
    actions: { '': 'Made' },
    tell: ({ repository }, verb) => ({
      title: `${verb} the repository public`,
      at: repository?.updated_at,
      sameAs: ['public', repository?.updated_at],
    }),
  },
  repository: {
    actions: {
      created: 'Created the repository',
      publicized: 'Made the repository public',
      renamed: 'Renamed the repository',
      transferred: 'Transferred the repository',
      archived: 'Archived the repository',
      unarchived: 'Brought the repository back from the archive',
      edited: 'Edited the repository',
      // Whoever listens is sent away instead.
      privatized: null,
      deleted: null,
    },
    tell: ({ action, repository, changes }, verb) => ({
      title: verb,
      at: repository?.updated_at,
      sameAs: [
        action === 'publicized' ? 'public' : text(action),
        repository?.updated_at,
        ...(changes === undefined || action !== 'edited' ? [] : Object.keys(changes).slice(0, 10)),
      ],
    }),
  },
  repository_import: {
    actions: { '': 'Imported' },
    tell: ({ status }) => ({
      title: status === 'success' ? 'Imported the repository' : 'The import of the repository did not succeed',
      outcome: status === 'success' ? 'success' : status === 'failure' ? 'failure' : 'cancelled',
    }),
  },
  release: {
    actions: {
      published: 'Released',
      released: 'Released',
      unpublished: 'Withdrew',
      edited: 'Edited release',
      deleted: 'Deleted release',
      // A draft, or told again by `published`.
      created: null,
      prereleased: null,
    },
    tell({ action, release }, verb) {
      // A draft is seen by maintainers only.
      if (release?.draft === true) return undefined;
      const out = action === 'published' || action === 'released';
      const early = release?.prerelease === true;
      return {
        title: `${out && early ? 'Pre-released' : verb} ${text(release?.name) || text(release?.tag_name)}`,
        url: release?.html_url,
        at: out ? release?.published_at : undefined,
        // Both actions come when a release is published at once; `released` alone when a pre-release becomes one.
        ...(out && { sameAs: ['release', release?.id, early] }),
      };
    },
  },
  package: {
    actions: { published: 'Published', updated: 'Updated' },
    tell: ({ action, package: item }, verb) => ({
      title: `${verb} package ${text(item?.name)} ${text(item?.package_version?.version)}`,
      url: item?.html_url,
      at: item?.updated_at,
      sameAs: ['package', item?.id, item?.package_version?.id, action],
    }),
  },
  // The newer event for the same packages.
  registry_package: {
    actions: { published: 'Published', updated: 'Updated' },
    tell: ({ action, registry_package: item }, verb) => ({
      title: `${verb} package ${text(item?.name)} ${text(item?.package_version?.version)}`,
      url: item?.html_url,
      at: item?.updated_at,
      sameAs: ['package', item?.id, item?.package_version?.id, action],
    }),
  },
  branch_protection_configuration: null,
  branch_protection_rule: null,
  custom_property: null,
  custom_property_values: null,
  deploy_key: null,
  github_app_authorization: null,
  installation: null,
  installation_repositories: null,
  installation_target: null,
  marketplace_purchase: null,
  membership: null,
  meta: null,
  org_block: null,
  organization: null,
  personal_access_token_request: null,
  ping: null,
  repository_ruleset: null,
  sponsorship: null,
  team: null,
  team_add: null,
};
