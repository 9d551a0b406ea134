/** One line on stderr that tells how far long work has come. */
import { say } from './output.js';

/** Redrawn in a terminal this often … */
const TERMINAL_MS = 200;
/** … and a line of its own elsewhere, for logs. */
const LOG_MS = 15_000;

export interface ProgressLine<Progress extends unknown[]> {
  readonly show: (...progress: Progress) => void;
  clear(): void;
}

/**
 * A line on `stream`, worded by `describe`, which is asked only when the line is shown. `terminalMs` 0 shows every call in a
 * terminal: for few and slow steps.
 */
export function createProgressLine<Progress extends unknown[]>(
  stream: NodeJS.WriteStream,
  describe: (elapsedMs: number, ...progress: Progress) => string,
  terminalMs: number = TERMINAL_MS,
): ProgressLine<Progress> {
  const startedAt = performance.now();
  const everyMs = stream.isTTY ? terminalMs : LOG_MS;
  let nextAt = startedAt + everyMs;
  return {
    show: (...progress) => {
      const now = performance.now();
      if (now < nextAt) return;
      nextAt = now + everyMs;
      const text = describe(now - startedAt, ...progress);
      if (stream.isTTY) stream.write(`\r\u001b[K${text}`);
      else say(text);
    },
    clear: () => {
      if (stream.isTTY) stream.write('\r\u001b[K');
    },
  };
}
