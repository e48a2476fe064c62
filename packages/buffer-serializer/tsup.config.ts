import { library } from '@bnc/config/tsup';

export default library(['src/index.ts', 'src/flac.ts', 'src/opus.ts', 'src/score.ts', 'src/decode-worker.ts']);
