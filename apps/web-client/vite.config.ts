import { hash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib';
import { noticesName, noticesOf } from '@bnc/config/notices';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

/** Writes a `.br` and a `.gz` beside each text file, which the server sends to browsers that take them. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = 'dist' }) {
      const files = readdirSync(dir, { recursive: true, encoding: 'utf8' });
      for (const file of files.filter((name) => /\.(?:html|css|js|mjs|svg|json)$/.test(name))) {
        const path = join(dir, file);
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [zlib.BROTLI_PARAM_QUALITY]: 11 } }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

/** Names the page after its content, so that an open page sees whether the server has another one. */
function named(): Plugin {
  return {
    name: 'named',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => {
        const content = hash('sha256', html, 'hex').slice(0, 12);
        return [{ tag: 'meta', attrs: { name: 'build', content }, injectTo: 'head' }];
      },
    },
  };
}

/** Modules of the page and of its workers, which are built before it. */
const modules = new Set<string>();

function watched(): Plugin {
  return {
    name: 'watched',
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type === 'chunk') for (const module of part.moduleIds) modules.add(module);
      }
    },
  };
}

/** Writes the notices of what the page contains of others, and has the page name them. */
function noticed(): Plugin {
  return {
    name: 'noticed',
    apply: 'build',
    transformIndexHtml: () => [{ tag: 'link', attrs: { rel: 'license', href: `./${noticesName}` }, injectTo: 'head' }],
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: noticesName, source: noticesOf(modules) ?? '' });
    },
  };
}

/** Where the server listens while both are worked on. */
const server = `http://127.0.0.1:${process.env.PORT ?? 3000}`;

/** Paths that Vite serves by itself; all others are the server's. */
const ownPaths = '^/(?!@|src/|styles/|node_modules/|[\\w-]+\\.(?:svg|flac|html)|$|\\?|.*\\.ts)';

// The page lives beside the server's routes, at the root of a host or under a path of it: nothing in it names the root.
export default defineConfig(({ command }) => ({
  base: './',
  plugins: [watched(), noticed(), named(), compressed()],
  worker: { format: 'es', plugins: () => [watched()] },
  // While it is worked on, the page runs on the sources of all packages.
  ...(command === 'serve' && { resolve: { conditions: ['@bnc/source', ...defaultClientConditions] } }),
  server: { proxy: { [ownPaths]: { target: server, changeOrigin: false } } },
  build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 600 },
}));
