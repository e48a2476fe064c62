import { program } from '@bnc/config/tsup';

export default program(['src/main.ts', 'src/clips/encode-clip.ts']);
