import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, rendersMinutes } from './docs-blocks.ts';
import { DocsStage } from './docs-stage.ts';

let stage: DocsStage;
beforeAll(async () => {
  stage = await DocsStage.start();
});
afterAll(() => stage[Symbol.asyncDispose]());

test.each(blocksOf('sh').filter(rendersMinutes))(
  'the commands of $at in the docs run',
  { timeout: 120_000 },
  async (block) => {
    const { output } = await stage.run(block, {});
    expect(output).not.toContain('Error');
  },
);
