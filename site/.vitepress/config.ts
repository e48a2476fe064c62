import { readFileSync } from 'node:fs';

const sidebar = JSON.parse(
  readFileSync(new URL('../pages/sidebar.json', import.meta.url), 'utf8'),
) as readonly object[];

export default {
  title: 'bots-n-cats',
  description: 'Code activity becomes music that a team hears together, live.',
  srcDir: 'pages',
  outDir: 'dist',
  cleanUrls: true,
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
