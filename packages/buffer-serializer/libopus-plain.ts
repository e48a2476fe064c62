import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Takes the parts for Node out of the JavaScript around libopus: `import("node:module")` and `require("node:fs")`, which
 * esbuild and webpack refuse in a bundle for browsers. They load a wasm file, and this build has its wasm inside.
 */
export const libopusPlain: Plugin = {
  name: 'libopus-plain',
  setup(build) {
    build.onLoad({ filter: /libopus\.generated\.mjs$/ }, async ({ path }) => ({
      contents: withoutNode(await readFile(path, 'utf8')) + emptyMap,
    }));
  },
};

/** Keeps the text of the wasm, a megabyte, out of the source map. */
const emptyMap = `\n//# sourceMappingURL=data:application/json;base64,${btoa('{"version":3,"sources":[""],"mappings":"A"}')}`;

const partsForNode = [
  [/if\(ENVIRONMENT_IS_NODE\)\{const\{createRequire\}=await import\("node:module"\);[^}]*\}/, ''],
  [/if\(ENVIRONMENT_IS_NODE\)\{var fs=require\("node:fs"\);.*?\}else if\(ENVIRONMENT_IS_WEB/s, 'if(ENVIRONMENT_IS_WEB'],
  [/var _scriptName=import\.meta\.url;/, 'var _scriptName="";'],
] as const;

function withoutNode(source: string): string {
  let plain = source;
  for (const [part, replacement] of partsForNode) {
    if (!part.test(plain)) throw new Error(`libopus-wasm has no ${part} any more: look at its new glue`);
    plain = plain.replace(part, () => replacement);
  }
  const left = /node:|require\(|import\.meta/.exec(plain);
  if (left) throw new Error(`libopus-wasm is not plain: ${left[0]} at ${left.index}`);
  return plain;
}
