import { program } from '@bnc/config/tsup';

export default program(['src/main.ts', 'src/encode-clip.ts']);
