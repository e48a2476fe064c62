import { library } from '@bnc/config/tsup';

export default library(['src/index.ts', 'src/instruments.ts', 'src/process/render-program.ts', 'src/cli.ts']);
