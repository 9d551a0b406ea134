/** Asks before something is changed. Where nobody can answer, the command has to say --yes. */
import { createInterface } from 'node:readline/promises';
import { AirtempoError } from '../core/errors.js';
import { say } from './output.js';

/** Resolves to whether to go on; a no makes the exit code 1. Throws INVALID_ARGUMENT where nobody can answer. */
export async function confirm(question: string, options: { readonly yes?: boolean }): Promise<boolean> {
  if (options.yes === true) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${question} Nobody can answer here, since this is no terminal: nothing was changed. Add --yes to go on.`,
    );
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return true;
    say('Nothing was changed.');
    process.exitCode = 1;
    return false;
  } finally {
    lines.close();
  }
}
