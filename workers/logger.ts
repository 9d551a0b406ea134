/** The process's logger: pino, one JSON object a line, with known secrets replaced before anything is written. */
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import type { SecretScrubber } from '../connections/secret-scrubber.js';

export type Logger = PinoLogger;

/**
 * Makes the logger. Level: `AIRTEMPO_LOG_LEVEL`, default `info`. Lines go to stderr, so that a command's
 * own output stays clean.
 */
export function createLogger(
  scrubber: SecretScrubber,
  options: { readonly level?: string; readonly destination?: DestinationStream } = {},
): Logger {
  const stream = options.destination ?? pino.destination({ dest: 2, sync: true });
  const scrubbed: DestinationStream = { write: (line) => stream.write(scrubber.scrub(line)) };
  return pino({ level: options.level ?? 'info', base: { pid: process.pid } }, scrubbed);
}
