import { library } from '@bnc/config/tsup';

export default library(['src/index.ts', 'src/bed-fade.ts', 'src/midi.ts', 'src/mulberry32.ts']);
