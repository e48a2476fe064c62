#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { runCommand } from './cli/commands.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
await runCommand(process.argv.slice(2), version);
