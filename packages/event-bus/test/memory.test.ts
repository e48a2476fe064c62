import { memory } from '../src/index.ts';
import { busContract } from './contract.ts';

busContract('memory', async (options) => memory(options));
