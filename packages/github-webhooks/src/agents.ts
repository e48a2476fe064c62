import type { GitHubAgent } from '@bnc/contracts';

/** A program that acts on GitHub, and every name that it uses there. */
export interface KnownAgent extends GitHubAgent {
  /** Its name for people, such as `Copilot`. */
  readonly name: string;
  /** Logins of its accounts, compared ignoring case. */
  readonly logins: readonly string[];
  /** Slugs of its apps, as in `https://github.com/apps/<slug>`, compared ignoring case. */
  readonly slugs: readonly string[];
  /** The page of the program, or of its app. */
  readonly source: string;
}

/** An app acts as `<slug>[bot]`, and may also have accounts. */
interface Program {
  readonly name: string;
  readonly slugs: readonly string[];
  readonly accounts?: readonly string[];
  readonly source?: string;
}

/**
 * The programs that this package knows by name: coding agents first, then bots. Two of the agents appear in some
 * payloads as `Claude` and `Codex`. People have those logins too, so only an app identifies these agents: by its slug,
 * or by its login `<slug>[bot]`.
 */
export const agents: readonly KnownAgent[] = [
  ...known('coding-agent', {
    copilot: {
      name: 'Copilot',
      slugs: ['copilot-swe-agent', 'copilot-pull-request-reviewer', 'copilot'],
      accounts: ['Copilot'],
    },
    devin: { name: 'Devin', slugs: ['devin-ai-integration'] },
    claude: { name: 'Claude', slugs: ['claude', 'anthropic-code-agent'] },
    cursor: { name: 'Cursor', slugs: ['cursor'], accounts: ['cursoragent'] },
    codex: { name: 'Codex', slugs: ['chatgpt-codex-connector', 'openai-code-agent'] },
    jules: { name: 'Jules', slugs: ['google-labs-jules'] },
    gemini: { name: 'Gemini', slugs: ['gemini-code-assist', 'gemini-cli'] },
    openhands: { name: 'OpenHands', slugs: ['openhands-ai'], accounts: ['openhands-agent'] },
    sweep: {
      name: 'Sweep',
      slugs: ['sweep-ai', 'sweep-nightly', 'sweep-canary'],
      source: 'https://github.com/sweepai/sweep',
    },
  }),
  ...known('bot', {
    dependabot: { name: 'Dependabot', slugs: ['dependabot', 'dependabot-preview'] },
    renovate: {
      name: 'Renovate',
      slugs: ['renovate', 'forking-renovate', 'renovate-approve', 'renovate-approve-2'],
      accounts: ['renovate-bot'],
    },
    'github-actions': { name: 'GitHub Actions', slugs: ['github-actions'] },
    'github-merge-queue': { name: 'merge queue', slugs: ['github-merge-queue'] },
    'github-pages': { name: 'GitHub Pages', slugs: ['github-pages'], source: 'https://docs.github.com/pages' },
    'pre-commit-ci': { name: 'pre-commit.ci', slugs: ['pre-commit-ci'] },
    mergify: { name: 'Mergify', slugs: ['mergify'] },
    'release-please': { name: 'Release Please', slugs: ['release-please'] },
    'semantic-release': {
      name: 'semantic-release',
      slugs: [],
      accounts: ['semantic-release-bot'],
      source: 'https://github.com/semantic-release/semantic-release',
    },
    changesets: { name: 'Changesets', slugs: ['changeset-bot'] },
    stale: { name: 'Stale', slugs: ['stale'] },
    codecov: { name: 'Codecov', slugs: ['codecov'], accounts: ['codecov-commenter'] },
    netlify: { name: 'Netlify', slugs: ['netlify'] },
    vercel: { name: 'Vercel', slugs: ['vercel'] },
    allcontributors: { name: 'All Contributors', slugs: ['allcontributors'] },
    'cla-assistant': {
      name: 'CLA assistant',
      slugs: [],
      accounts: ['CLAassistant'],
      source: 'https://github.com/cla-assistant/cla-assistant',
    },
    'cla-bot': { name: 'CLA Bot', slugs: ['cla-bot'] },
    'google-cla': { name: 'Google CLA', slugs: ['google-cla'], source: 'https://cla.developers.google.com' },
    easycla: {
      name: 'EasyCLA',
      slugs: ['linux-foundation-easycla'],
      source: 'https://github.com/linuxfoundation/easycla',
    },
  }),
];

const byLogin = by(({ logins }) => logins);
const bySlug = by(({ slugs }) => slugs);

/** A login has at most 39 characters before `[bot]`; the slug of an app may have somewhat more. */
const appLoginPattern = /^(.{1,100})\[bot\]$/su;

/**
 * Returns the program that a login belongs to, or the program that acted for the owner of the login; `undefined` for a
 * person. Compares the whole login, ignoring case: a user called `claudette` or `cursor` is a person. Any other login
 * that ends in `[bot]` is a bot of that name, in lower case.
 * @param appSlug Slug of the app that acted, such as `copilot-swe-agent`, if known. A slug that is not in
 * {@link agents} is ignored, because people comment through apps too.
 */
export function agentOf(login: string, appSlug?: string): GitHubAgent | undefined {
  const name = login.slice(0, 200).toLowerCase();
  const agent = byLogin.get(name) ?? (appSlug === undefined ? undefined : bySlug.get(appSlug.toLowerCase()));
  if (agent) return agent;
  const [, id] = appLoginPattern.exec(name) ?? [];
  return id === undefined ? undefined : { id, kind: 'bot' };
}

function known(kind: GitHubAgent['kind'], programs: Readonly<Record<string, Program>>): readonly KnownAgent[] {
  return Object.entries(programs).map(([id, { name, slugs, accounts = [], source }]) => ({
    id,
    kind,
    name,
    logins: [...accounts, ...slugs.map((slug) => `${slug}[bot]`)],
    slugs,
    source: source ?? `https://github.com/apps/${slugs[0]}`,
  }));
}

function by(names: (agent: KnownAgent) => readonly string[]): ReadonlyMap<string, GitHubAgent> {
  return new Map(
    agents.flatMap((agent) => names(agent).map((name) => [name.toLowerCase(), { id: agent.id, kind: agent.kind }])),
  );
}
