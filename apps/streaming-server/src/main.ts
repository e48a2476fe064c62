#!/usr/bin/env node
import { runCommand } from './cli/commands.ts';
import { hideSqliteWarning } from './cli/quiet-warning.ts';

hideSqliteWarning();
await runCommand(process.argv.slice(2));
