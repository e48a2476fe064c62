import { library } from '@bnc/config/tsup';

export default library(['src/index.ts', 'src/fastify.ts', 'src/sources.ts']);
