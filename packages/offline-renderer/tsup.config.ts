import { library } from '@bnc/config/tsup';

export default library([
  'src/index.ts',
  'src/instruments.ts',
  'src/process/render-program.ts',
  'src/process/graph-tone.ts',
  'src/cli.ts',
]);
