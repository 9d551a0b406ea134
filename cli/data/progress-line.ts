/** How far generating has come: rows, rows a second, and when it will be done. */
import type { WriteProgress } from '../../generator/write-data.js';
import { formatDuration, say } from '../output.js';

/** Redrawn in a terminal this often … */
const TERMINAL_MS = 200;
/** … and a line of its own elsewhere, for logs. */
const LOG_MS = 15_000;

export interface ProgressLine {
  readonly show: (progress: WriteProgress) => void;
  clear(): void;
}

export function createProgressLine(stream: NodeJS.WriteStream): ProgressLine {
  const startedAt = performance.now();
  const everyMs = stream.isTTY ? TERMINAL_MS : LOG_MS;
  let nextAt = startedAt + everyMs;
  return {
    show: (progress) => {
      const now = performance.now();
      if (now < nextAt) return;
      nextAt = now + everyMs;
      const text = describe(progress, now - startedAt);
      if (stream.isTTY) stream.write(`\r\u001b[K${text}`);
      else say(text);
    },
    clear: () => {
      if (stream.isTTY) stream.write('\r\u001b[K');
    },
  };
}

/** `1,234,567 events, 61 %, 180,000/s, 12.3 s left` */
function describe({ rows, share }: WriteProgress, elapsedMs: number): string {
  const rate = Math.round((rows / elapsedMs) * 1000).toLocaleString('en-US');
  const left = share > 0 ? `, ${formatDuration((elapsedMs / share) * (1 - share))} left` : '';
  return `${rows.toLocaleString('en-US')} events, ${Math.floor(share * 100)} %, ${rate}/s${left}`;
}
