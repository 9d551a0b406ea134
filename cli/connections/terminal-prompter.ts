/** The prompter for a real terminal. Questions go to the error stream, so that output can be piped. */
import { createInterface } from 'node:readline/promises';
import { AirtempoError } from '../../core/errors.js';
import type { Prompter } from './deps.js';

async function askText(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, question: string) {
  const lines = createInterface({ input, output, terminal: true });
  try {
    const interrupted = new Promise<never>((_resolve, reject) => {
      lines.once('SIGINT', () => reject(new Error('interrupted')));
    });
    return (await Promise.race([lines.question(`${question}: `), interrupted])).trim();
  } finally {
    lines.close();
  }
}

async function askSecret(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, question: string) {
  // loaded when it is needed: it costs every other command its start-up time
  const { default: password } = await import('@inquirer/password');
  return password({ message: `${question}:`, mask: true }, { input, output });
}

/** Asks on the given streams, which must be a terminal. */
export function createTerminalPrompter(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Prompter {
  const guard = async (answer: Promise<string>): Promise<string> => {
    try {
      return await answer;
    } catch (cause) {
      throw new AirtempoError('INVALID_ARGUMENT', 'Interrupted: nothing was stored.', { cause });
    }
  };
  return {
    text: (question) => guard(askText(input, output, question)),
    secret: (question) => guard(askSecret(input, output, question)),
  };
}
