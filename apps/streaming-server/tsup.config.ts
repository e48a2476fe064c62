import { program } from '@bnc/config/tsup';

// `node:sqlite` exists under its full name only.
export default program(['src/main.ts', 'src/clips/encode-clip.ts'], { removeNodeProtocol: false });
