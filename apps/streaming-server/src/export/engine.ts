import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';

/** The packages that decide the bytes of rendered sound. */
const parts = ['@bnc/music-engine', '@bnc/offline-renderer', '@bnc/buffer-serializer'] as const;

/** Version of this server. */
export const serverVersion: string = versionIn(findPackageJSON(import.meta.url));

/**
 * Names what made a file: servers with the same name write the same bytes. Parts that are built into the server have
 * its version.
 */
export const engineName: string = [
  `bots-n-cats ${serverVersion}`,
  ...parts.map((part) => `${part.slice('@bnc/'.length)} ${versionOf(part)}`),
].join(', ');

function versionOf(name: string): string {
  try {
    return versionIn(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return serverVersion;
  }
}

function versionIn(file: string | undefined): string {
  return file === undefined ? '0.0.0' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
