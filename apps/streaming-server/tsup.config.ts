import { cpSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from '@bnc/config/tsup';

export default program(['src/main.ts', 'src/clips/encode-clip.ts'], {
  // The page goes along, so that the package serves it wherever it is installed.
  onSuccess: async () =>
    cpSync(dirname(fileURLToPath(import.meta.resolve('@bnc/web-client/index.html'))), 'dist/page', { recursive: true }),
});
