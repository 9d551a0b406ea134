/** How the commands of `airtempo churn` behave alike: a progress line, Ctrl-C, and numbers read with care. */
import { AirtempoError } from '../../core/errors.js';
import { createProgressLine } from '../progress-line.js';
import { untilStopped } from '../until-stopped.js';

/** A line of progress: redrawn in a terminal, a line of its own now and then elsewhere. */
export type Tell = (text: string) => void;

/** Runs `work` until it ends or Ctrl-C comes, which is exit code 130 and no error. */
export async function workUntilStopped(
  work: (signal: AbortSignal, tell: Tell) => Promise<void>,
): Promise<void> {
  const line = createProgressLine(process.stderr, (_elapsedMs, text: string) => text, 0);
  const stopped = 'Stopped before the end. What was finished is kept; run the command again.';
  await untilStopped(stopped, (signal) => work(signal, line.show).finally(() => line.clear()));
}

/** A whole number from an option. Throws INVALID_ARGUMENT. */
export function readCount(option: string, text: string, most = 1_000_000): string {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= most) return String(count);
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `${option} ${text} is not a whole number from 1 to ${String(most)}.`,
  );
}
