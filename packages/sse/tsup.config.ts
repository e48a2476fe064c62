import { library } from '@bnc/config/tsup';

export default library(['src/index.ts', 'src/client.ts', 'src/fastify.ts']);
