/** `airtempo aws`: the account as a whole. */
import { Command } from 'commander';
import type { App } from './app.js';
import { registerSweep } from './aws/sweep.js';

/** The command group. */
export function awsCommand(app: App): Command {
  const aws = new Command('aws');
  registerSweep(aws, app);
  return aws;
}
