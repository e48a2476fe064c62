import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeWav } from '@bnc/buffer-serializer';
import type { AudioBufferLike } from '@bnc/contracts';

/** Musical parameters of four happenings: a push, a merge, a red build, a star. */
const happenings = JSON.parse(readFileSync(new URL('phrases.json', import.meta.url), 'utf8')) as object[];

/** A program beside the others here; the package that it belongs to depends on this one. */
const renderer = fileURLToPath(new URL('../../offline-renderer/dist/cli.js', import.meta.url));

function render(parameters: object): AudioBufferLike {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-bench-'));
  try {
    const file = join(folder, 'phrase.wav');
    const { status, stderr } = spawnSync(process.execPath, [renderer, '-', '-o', file], {
      input: JSON.stringify(parameters),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`No phrase could be rendered (pnpm build comes first): ${stderr}`);
    return decodeWav(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The music of the merge, composed, rendered and mastered for a length; its tail comes after that. */
export function phrase(seconds: number): AudioBufferLike {
  return render({ ...happenings[1], duration: seconds });
}

/** All four as the product plays them, 2 to 8 seconds and their tails. */
export function phrases(): AudioBufferLike[] {
  return happenings.map(render);
}
