import { readFileSync } from 'node:fs';
import { noticesName, noticesOf } from '../../tools/config/notices.ts';

const sidebar = JSON.parse(
  readFileSync(new URL('../pages/sidebar.json', import.meta.url), 'utf8'),
) as readonly object[];

/** A build, as far as its modules are read here. */
interface Part {
  readonly type: string;
  readonly moduleIds?: readonly string[];
}

/** Writes the notices of what the site contains of others. */
const noticed = {
  name: 'noticed',
  generateBundle(this: { emitFile(file: object): void }, _: unknown, parts: Readonly<Record<string, Part>>): void {
    const modules = Object.values(parts).flatMap(({ moduleIds = [] }) => moduleIds);
    // Its icons are in styles of VitePress: no path shows whose they are.
    const texts = ['notices/lucide.txt'];
    this.emitFile({ type: 'asset', fileName: noticesName, source: noticesOf(modules, texts) ?? '' });
  },
};

/** Leaves out the styles of Algolia's search: ours is local, and they come without the text of their licence. */
const lean = {
  name: 'lean',
  enforce: 'pre',
  resolveId: (id: string) => (id === '@docsearch/css' ? '\0docsearch' : undefined),
  load: (id: string) => (id === '\0docsearch' ? '' : undefined),
};

export default {
  title: 'bots-n-cats',
  description: 'Code activity becomes music that a team hears together, live.',
  srcDir: 'pages',
  outDir: 'dist',
  cleanUrls: true,
  head: [['link', { rel: 'license', href: `/${noticesName}` }]],
  vite: { plugins: [lean, noticed] },
  // A link between pages that leads nowhere ends the build.
  ignoreDeadLinks: false,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Packages', link: '/packages/event-bus/' },
      { text: 'Protocol', link: '/docs/protocol' },
      { text: 'Comparison', link: '/docs/comparison' },
    ],
    sidebar,
    socialLinks: [{ icon: 'github', link: 'https://github.com/bots-n-cats/bots-n-cats' }],
  },
};
