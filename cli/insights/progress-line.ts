/** How far the insights have come. */
import { say } from '../output.js';

/** Elsewhere than in a terminal a line of its own this often, for logs. */
const LOG_MS = 15_000;

export interface ProgressLine {
  readonly show: (text: string, done: number, total: number) => void;
  clear(): void;
}

export function createProgressLine(stream: NodeJS.WriteStream): ProgressLine {
  let nextAt = performance.now() + LOG_MS;
  return {
    show: (text, done, total) => {
      const line = `${String(done)} of ${String(total)}: ${text}`;
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${line}`);
        return;
      }
      if (performance.now() < nextAt) return;
      nextAt = performance.now() + LOG_MS;
      say(line);
    },
    clear: () => {
      if (stream.isTTY) stream.write('\r\u001b[K');
    },
  };
}
