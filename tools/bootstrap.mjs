/**
 * Brings a fresh clone to life: `npm start`, `npm test`, `npm run export` and `npm run soak` all come through here.
 * Runs on any Node from 20 up with nothing installed, and does only what is still missing.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exportServer, installPackages, sizeOfPackages } from './setup/packages.mjs';
import { passSignalsOn, root, run, step } from './setup/processes.mjs';
import { checkSpace, Lack, lackOf } from './setup/reasons.mjs';
import { bringTestPrograms, checkAudio } from './setup/system.mjs';
import { bringTools, chooseTools } from './setup/toolchain.mjs';

const [job = 'help', ...jobArgs] = process.argv.slice(2);

/** Builds what the job needs. Turbo keeps earlier builds; when they do not come back whole, all is built again. */
async function build({ node }, filter) {
  const turbo = [join(root, 'node_modules/turbo/bin/turbo'), 'run', 'build', '--output-logs=errors-only', ...filter];
  let { code, output } = await run(node, turbo);
  if (code !== 0) ({ code, output } = await run(node, [...turbo, '--force']));
  if (code !== 0) throw lackOf('The build failed.', output);
  return output.includes('FULL TURBO') ? 'unchanged' : undefined;
}

const jobs = {
  async start(tools) {
    const server = join(root, 'apps/streaming-server/dist/main.js');
    return (await run(tools.node, [server, ...jobArgs], { show: true, ipc: true })).code;
  },
  async test(tools) {
    if (jobArgs.length === 0) {
      process.stdout.write('\nchecks\n');
      const { code } = await run(tools.pnpm, ['check'], { show: true });
      if (code !== 0) return code;
    }
    process.stdout.write('\ntests\n');
    return await vitest(tools, jobArgs, {});
  },
  async export(tools) {
    const [folder] = jobArgs;
    if (folder === undefined || existsSync(folder)) {
      throw new Lack('Name a folder that does not exist yet: npm run export -- /srv/bots-n-cats');
    }
    await step('server', () => exportServer(tools, resolve(folder)));
    process.stdout.write(`\nStart it with Node 22.19, 24.11, 26 or newer: node ${join(folder, 'dist/main.js')}\n`);
    return 0;
  },
  soak: (tools) => vitest(tools, ['--passWithNoTests', ...jobArgs], { BNC_SOAK: '1' }),
  'soak:full': (tools) => vitest(tools, ['--passWithNoTests', ...jobArgs], { BNC_SOAK: 'full' }),
};

async function vitest({ node }, args, env) {
  return (
    await run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
      show: true,
      env: { BNC_PLAIN: '1', ...env },
    })
  ).code;
}

passSignalsOn();
try {
  if (!(job in jobs)) {
    process.stdout.write(
      'Usage: npm start [-- options]   run the server, or another command (npm start -- --help lists them)\n       npm test [-- filter]     every check and test, or the tests whose file name matches\n       npm run export -- folder copy what the server needs to run, 130 MB, into a new folder\n       npm run soak             the long tests\n       npm run soak:full        the long tests at full length\n',
    );
    process.exit(job === 'help' ? 0 : 2);
  }
  process.stdout.write('bots-n-cats: set-up\n');
  const forServer = job === 'start' || job === 'export';
  const choice = chooseTools();
  checkSpace(choice.megabytes + sizeOfPackages());
  const tools = await bringTools(choice);
  await step('packages', () => installPackages(tools));
  await step('build', () => build(tools, forServer ? ['--filter=@bnc/streaming-server...'] : []));
  const onlyHelps = job === 'start' && jobArgs.some((arg) => arg === '--help' || arg === '-h');
  if (!onlyHelps) await step('audio engine', () => checkAudio(tools));
  if (!forServer) await step('programs for the tests', () => bringTestPrograms(job));
  process.exit(await jobs[job](tools));
} catch (error) {
  process.stderr.write(`\n${error instanceof Lack ? error.message : error?.stack}\n`);
  process.exit(1);
}
