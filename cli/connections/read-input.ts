/** Reads what users pipe in. */
import { AirtempoError } from '../../core/errors.js';
import type { TextSource } from './deps.js';

/** Characters read at most: an export of thousands of connections is smaller. */
const MAX_INPUT_LENGTH = 16 * 1024 * 1024;

/**
 * All of standard input as text.
 * @param purpose what is expected there, for the message when nothing is piped in: "the password".
 * @throws AirtempoError INVALID_ARGUMENT when standard input is a terminal or too long.
 */
export async function readInput(stdin: TextSource, purpose: string): Promise<string> {
  if (stdin.isTTY === true) {
    throw new AirtempoError('INVALID_ARGUMENT', `Nothing is piped in: send ${purpose} to standard input.`);
  }
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stdin) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > MAX_INPUT_LENGTH) {
      throw new AirtempoError(
        'INVALID_ARGUMENT',
        `Standard input is longer than ${MAX_INPUT_LENGTH} characters.`,
      );
    }
  }
  return text + decoder.decode();
}

/** The text without the line break that `echo` adds. */
export function trimLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
