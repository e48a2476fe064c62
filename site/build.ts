/**
 * Builds the site into `dist`: copies the pages of the repository, turns links to other files into links to the
 * repository, writes the API of each package from its docstrings, and lets VitePress check every link between pages.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** A line of the sidebar. */
interface Item {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: readonly Item[];
}

const root = resolve(import.meta.dirname, '..');
const pages = join(import.meta.dirname, 'pages');
const repository = 'https://github.com/bots-n-cats/bots-n-cats';
const packages = globSync('packages/*/package.json', { cwd: root })
  .map((file) => dirname(file))
  .toSorted();
const sources = globSync(
  [
    '*.md',
    'docs/*.md',
    'docs/decisions/*.md',
    '{apps,packages}/*/README.md',
    'packages/*/docs/*.md',
    'examples/README.md',
  ],
  { cwd: root },
).toSorted();

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Where a page of the repository is on the site. */
function placeOf(file: string): string {
  return file === 'README.md' ? 'start.md' : file.replace(/README\.md$/, 'index.md');
}

/** Returns where a link of a page leads on the site: to another page, or to the repository. */
function linkOf(page: string, link: string): string {
  if (/^[a-z]+:|^#/.test(link)) return link;
  const [path = '', anchor] = link.split('#');
  const file = join(dirname(page), decodeURI(path)).replace(/\/$/, '');
  const readme = join(file, 'README.md');
  const target = sources.includes(file) ? file : sources.includes(readme) ? readme : undefined;
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (target !== undefined) return `${relative(dirname(placeOf(page)), placeOf(target)) || placeOf(target)}${hash}`;
  if (!existsSync(join(root, file))) throw new Error(`${page}: ${link} leads nowhere`);
  if (/\.(?:png|svg|webp|opus)$/.test(file)) return copyAsset(page, file);
  return `${repository}/${statSync(join(root, file)).isDirectory() ? 'tree' : 'blob'}/main/${file}${hash}`;
}

/** Copies a picture next to its page, for VitePress to find, and a sound to where it is served as it is. */
function copyAsset(page: string, file: string): string {
  const isSound = file.endsWith('.opus');
  const place = join(pages, isSound ? 'public' : '', file);
  mkdirSync(dirname(place), { recursive: true });
  cpSync(join(root, file), place);
  if (isSound) return `/${file}`;
  const path = relative(dirname(placeOf(page)), file);
  return path.startsWith('.') ? path : `./${path}`;
}

/** Copies a page, with its links, and a player for each link to a sound. */
function copyPage(page: string): void {
  const parts = read(page).split(/(^```[\s\S]*?^```$|`[^`\n]*`)/gm);
  const text = parts
    .map((part) =>
      part.startsWith('`')
        ? part
        : part
            .replaceAll(/\]\(([^)\s]+)\)/g, (_, link: string) => `](${linkOf(page, link)})`)
            .replaceAll(/\[([^\]]*)\]\(([^)]+\.opus)\)/g, '$1 <audio controls preload="none" src="$2"></audio>')
            // Vue would read these as its own.
            .replaceAll('{{', '&#123;&#123;'),
    )
    .join('');
  mkdirSync(dirname(join(pages, placeOf(page))), { recursive: true });
  writeFileSync(join(pages, placeOf(page)), text);
}

function titleOf(page: string): string {
  return /^# (.*)$/m.exec(read(page))?.[1]?.replaceAll('`', '') ?? page;
}

function itemOf(page: string, text = titleOf(page)): Item {
  return { text, link: `/${placeOf(page).replace(/(?:index)?\.md$/, '')}` };
}

/** The sources of the entries of a package that programs import. */
function entriesOf(folder: string): readonly { readonly entry: string; readonly source: string }[] {
  const { exports } = JSON.parse(read(`${folder}/package.json`)) as {
    exports: Readonly<Record<string, { readonly '@bnc/source'?: string } | string>>;
  };
  return Object.entries(exports).flatMap(([entry, conditions]) => {
    const source = typeof conditions === 'string' ? undefined : conditions['@bnc/source'];
    return source === undefined || entry === './render-program' ? [] : [{ entry, source }];
  });
}

/** Writes the API of all packages from their docstrings: one page an entry, in `api`. */
function writeApi(): void {
  const options = [
    ['--plugin', 'typedoc-plugin-markdown'],
    ['--tsconfig', join(root, 'tsconfig.json')],
    ['--out', join(pages, 'api')],
    ['--router', 'module'],
    ['--readme', 'none'],
    ['--logLevel', 'Error'],
    ['--hideBreadcrumbs', 'true'],
    ['--hidePageHeader', 'true'],
    ['--disableSources', 'true'],
    ['--excludePrivate', 'true'],
    ['--skipErrorChecking', 'true'],
    ['--parametersFormat', 'table'],
    ['--interfacePropertiesFormat', 'table'],
  ].flat();
  const entries = packages.flatMap((folder) => entriesOf(folder).map(({ source }) => join(root, folder, source)));
  const program = join(import.meta.dirname, 'node_modules/typedoc/bin/typedoc');
  execFileSync(process.execPath, [program, ...options, ...entries], { cwd: import.meta.dirname, stdio: 'inherit' });
  rmSync(join(pages, 'api/README.md'));
  for (const folder of packages) {
    for (const { entry } of entriesOf(folder)) {
      const file = join(pages, `${apiOf(folder, entry)}.md`);
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^# .*$/m, `# API of ${nameOf(folder, entry)}`));
    }
  }
}

function nameOf(folder: string, entry: string): string {
  return `@bnc/${folder.slice('packages/'.length)}${entry.slice(1)}`;
}

function apiOf(folder: string, entry: string): string {
  return `api/${folder.slice('packages/'.length)}/src${entry.slice(1)}`;
}

function sidebarOfPackage(folder: string): Item {
  const docs = sources.filter((file) => file.startsWith(`${folder}/docs/`)).map((file) => itemOf(file));
  const api = entriesOf(folder).map(({ entry }) => ({
    text: `API of ${nameOf(folder, entry)}`,
    link: `/${apiOf(folder, entry)}`,
  }));
  return { ...itemOf(`${folder}/README.md`, nameOf(folder, '.')), collapsed: true, items: [...docs, ...api] };
}

rmSync(pages, { recursive: true, force: true });
for (const page of sources) copyPage(page);
writeApi();
cpSync(join(import.meta.dirname, 'home.md'), join(pages, 'index.md'));
const sidebar: readonly Item[] = [
  {
    text: 'bots-n-cats',
    items: [
      itemOf('README.md', 'Start here'),
      itemOf('docs/listen.md', 'Listen'),
      itemOf('docs/operations.md', 'Run it'),
      itemOf('apps/streaming-server/README.md', 'The server as a package'),
      itemOf('docs/music.md', 'Understand the music'),
      itemOf('examples/README.md'),
    ],
  },
  { text: 'Packages', items: packages.map(sidebarOfPackage) },
  {
    text: 'Reference',
    items: [
      itemOf('docs/protocol.md', 'Protocol'),
      itemOf('docs/architecture.md', 'Architecture'),
      itemOf('docs/faults.md'),
      itemOf('docs/security.md', 'Who may hear what'),
      itemOf('SECURITY.md', 'Security policy'),
      itemOf('VERSIONING.md'),
      itemOf('docs/comparison.md'),
      {
        ...itemOf('docs/decisions/README.md', 'Decisions'),
        collapsed: true,
        items: sources.filter((file) => /^docs\/decisions\/\d/.test(file)).map((file) => itemOf(file)),
      },
    ],
  },
  {
    text: 'Contribute',
    items: ['CONTRIBUTING.md', 'RELEASING.md', 'DEPENDENCY_POLICY.md', 'CODE_OF_CONDUCT.md'].map((file) =>
      itemOf(file),
    ),
  },
];
writeFileSync(join(pages, 'sidebar.json'), JSON.stringify(sidebar));
execFileSync(process.execPath, [join(import.meta.dirname, 'node_modules/vitepress/bin/vitepress.js'), 'build', '.'], {
  cwd: import.meta.dirname,
  stdio: 'inherit',
});
