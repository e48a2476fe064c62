import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from '@bnc/bench';
import { encodeWav } from '@bnc/buffer-serializer';
import { decodeFlac, encodeFlac } from '@bnc/buffer-serializer/flac';
import { decodeBase64, decodeInJavaScript, encodeBase64, encodeInJavaScript } from '../src/base64.ts';
import { phrases } from './phrase.ts';

const repeats = 10;

/** CPU of this process for one of many runs, in milliseconds. */
function ownCpu(run: () => unknown): number {
  const before = process.cpuUsage();
  for (let i = 0; i < repeats; i++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / repeats;
}

/** CPU of one of many processes, in milliseconds. */
function processCpu(command: string, cwd: string): number | undefined {
  const script = `TIMEFORMAT='%U %S'; time (for i in {1..${repeats}}; do ${command} || exit 1; done)`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8' });
  if (status !== 0) return undefined;
  const [user = 0, system = 0] = stderr.trim().split(/\s+/).slice(-2).map(Number);
  return ((user + system) * 1000) / repeats;
}

/** What the platform does in place of JavaScript: FLAC as the server writes it, in WebAssembly, and base64. */
export const benchmark: Benchmark = {
  name: 'buffer-serializer/platform (a push, a merge, a red build and a star; stereo, 44.1 kHz)',
  run: async (bench) => {
    const folder = mkdtempSync(join(tmpdir(), 'bnc-bench-'));
    try {
      const settings = { bitDepth: 16, compressionLevel: 2 } as const;
      const names = ['a push', 'a merge', 'a red build', 'a star'];
      for (const [i, buffer] of phrases().entries()) {
        const name = names[i] ?? '';
        const ours = encodeFlac(buffer, settings);
        writeFileSync(join(folder, 'in.wav'), encodeWav(decodeFlac(ours), { format: 'pcm16' }));
        const command = 'flac -2 --silent --force --no-padding -o out.flac in.wav';
        if (processCpu(command, folder) === undefined) {
          bench.skip('FLAC 16 compared with flac -2', 'install flac');
          break;
        }
        bench.record({
          name: `FLAC 16, level 2, ${name}`,
          unit: 'bytes',
          value: ours.length,
          peers: { 'flac -2': readFileSync(join(folder, 'out.flac')).length },
          goal: { peer: 'flac -2', atMost: 1 },
        });
        await bench.compare({
          name: `FLAC 16, level 2, ${name}, encode`,
          unit: 'CPU ms',
          ours: () => ownCpu(() => bench.use(encodeFlac(buffer, settings))),
          peers: { 'flac -2': () => processCpu(command, folder) ?? Number.NaN },
          goal: { peer: 'flac -2', atMost: 1.5 },
        });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    const bytes = Uint8Array.from({ length: 1_800_000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
    await bench.compare({
      name: 'base64 of 1.8 MB, write and read',
      unit: 'CPU ms',
      ours: () => ownCpu(() => bench.use(decodeBase64(encodeBase64(bytes)))),
      peers: { JavaScript: () => ownCpu(() => bench.use(decodeInJavaScript(encodeInJavaScript(bytes)))) },
      goal: { peer: 'JavaScript', atMost: 0.1 },
    });
  },
};
