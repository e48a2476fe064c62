import { library } from '@bnc/config/tsup';

export default library(['src/index.ts', 'src/client.ts', 'src/fastify.ts'], {
  // Deno knows them under their full names only.
  removeNodeProtocol: false,
});
