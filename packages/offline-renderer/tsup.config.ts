import { library } from '@bnc/config/tsup';

export default library(['src/index.ts', 'src/instruments.ts', 'src/render-process.ts', 'src/cli.ts']);
