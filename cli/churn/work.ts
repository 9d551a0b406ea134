/** How the commands of `airtempo churn` behave alike: a progress line, Ctrl-C, and numbers read with care. */
import { AirtempoError } from '../../core/errors.js';
import { say } from '../output.js';
import { waitForStop } from '../wait-for-stop.js';

/** Outside a terminal, for logs: no more often than this. */
const LOG_MS = 10_000;

/** A line of progress: redrawn in a terminal, a line of its own now and then elsewhere. */
export type Tell = (text: string) => void;

/** Runs `work` until it ends or Ctrl-C comes, which is exit code 130 and no error. */
export async function untilStopped(work: (signal: AbortSignal, tell: Tell) => Promise<void>): Promise<void> {
  const stop = waitForStop();
  const isTerminal = process.stderr.isTTY;
  let shown = false;
  let nextAt = 0;
  const clear = (): void => {
    if (shown && isTerminal) process.stderr.write('\r\u001b[K');
  };
  const tell: Tell = (text) => {
    shown = true;
    if (isTerminal) process.stderr.write(`\r\u001b[K${text}`);
    else if (performance.now() >= nextAt) {
      nextAt = performance.now() + LOG_MS;
      say(text);
    }
  };
  try {
    await work(stop.signal, tell);
    clear();
  } catch (error) {
    clear();
    if (!stop.signal.aborted) throw error;
    say('Stopped before the end. What was finished is kept; run the command again.');
    process.exitCode = 130;
  } finally {
    stop.dispose();
  }
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
