/** `airtempo s3`: looking at data in S3. */
import { Command } from 'commander';
import type { App } from './app.js';
import { registerSummarize } from './s3/summarize.js';

/** The command group. */
export function s3Command(app: App): Command {
  const s3 = new Command('s3');
  registerSummarize(s3, app);
  return s3;
}
