/** The input of a run as options of a command: `--conf` and `--logical-date`. */
import type { Command } from 'commander';
import type { RunInput } from '../core/run-facts.js';
import { readConf } from './read-conf.js';

/** As commander reads them. */
export interface RunInputOptions {
  readonly conf?: string;
  readonly logicalDate?: string;
}

/** Adds the options to a command. */
export function addRunOptions(command: Command): Command {
  return command
    .option('--conf <json>', 'params of the run: JSON, @file, or - for stdin, e.g. \'{"mode":"day"}\'')
    .option('--logical-date <date>', 'the date the run stands for, e.g. 2018-11-02 (UTC)');
}

/** Reads the input that the options name. Throws INVALID_ARGUMENT. */
export async function readRunInput(options: RunInputOptions): Promise<RunInput> {
  const conf = options.conf === undefined ? undefined : await readConf(options.conf);
  return {
    ...(conf === undefined ? {} : { conf }),
    ...(options.logicalDate === undefined ? {} : { logicalDate: options.logicalDate }),
  };
}
