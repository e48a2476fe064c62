import { doneTo } from '../senders.ts';
import { type Scalar, text } from '../untrusted.ts';
import type { Chapters, Story } from './story.ts';

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

/** Settings, accounts and money: not about a repository, or visible to its administrators only. */
type Unheard =
  | 'branch_protection_configuration'
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
  | 'sponsorship'
  | 'team'
  | 'team_add';

/** Returns a version as people name it: container images have a tag as well as a digest. */
function versionOf(version: { readonly version?: Scalar; readonly container_metadata?: unknown } | undefined): string {
  const { tag } = (version?.container_metadata ?? {}) as { readonly tag?: { readonly name?: Scalar } };
  return text(tag?.name) || text(version?.version);
}

/** The repository as the public sees it: stars, members, releases, packages, and changes of the repository itself. */
export const communityChapters: Chapters<CommunityEvent> = {
  star: {
    actions: { created: 'Starred', deleted: null },
    tell: ({ starred_at }, verb) => ({ title: `${verb} the repository`, at: starred_at }),
  },
  // The older event for the same stars.
  watch: {
    actions: { started: 'Starred' },
    tell: (_payload, verb) => ({ title: `${verb} the repository` }),
  },
  member: {
    actions: { added: 'Welcomed', edited: null, removed: null },
    tell: ({ member }, verb) => ({ title: `${verb} ${text(member?.login)}` }),
  },
  public: {
    actions: { '': 'Made' },
    tell: ({ repository }, verb) => ({
      title: `${verb} the repository public`,
      at: repository?.updated_at,
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
      // Listeners are sent away instead.
      privatized: null,
      deleted: null,
    },
    tell({ action, repository, changes }, verb): Story {
      const from = action === 'renamed' ? text(changes?.repository?.name?.from) : '';
      return { title: `${verb}${from && ` from ${from}`}`, at: repository?.updated_at };
    },
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
      // Either a draft, or `published` reports it too.
      created: null,
      prereleased: null,
    },
    tell({ action, release, sender }, verb) {
      // Only maintainers see a draft.
      if (release?.draft === true) return undefined;
      const out = action === 'published' || action === 'released';
      const early = release?.prerelease === true;
      return {
        title: `${out && early ? 'Pre-released' : verb} ${text(release?.name) || text(release?.tag_name)}`,
        url: release?.html_url,
        ...(text(release?.tag_name) && { subject: `tags/${text(release?.tag_name)}` }),
        at: out ? release?.published_at : undefined,
        // A release creates its tag, and moves the tags that follow it, such as v2.
        ...(out && { ties: { absorbs: [`tags/${text(release?.tag_name)}`, ...doneTo('tags', sender)] } }),
      };
    },
  },
  package: {
    actions: { published: 'Published', updated: 'Updated' },
    tell: ({ package: item }, verb) => ({
      title: `${verb} package ${text(item?.name)} ${versionOf(item?.package_version)}`,
      url: item?.html_url,
      at: item?.updated_at,
    }),
  },
  // The newer event for the same packages.
  registry_package: {
    actions: { published: 'Published', updated: 'Updated' },
    tell: ({ registry_package: item }, verb) => ({
      title: `${verb} package ${text(item?.name)} ${versionOf(item?.package_version)}`,
      url: item?.html_url,
      at: item?.updated_at,
    }),
  },
  branch_protection_configuration: null,
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
  sponsorship: null,
  team: null,
  team_add: null,
};
