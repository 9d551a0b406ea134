/**
 * The logger of one try: each line goes to the worker's log and, on its own, to the try's log in the store.
 * How the try ended is always the last line there. Never throws.
 */
import os from 'node:os';
import { pino } from 'pino';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import type { TaskLogger } from '../core/context.js';
import type { Logger } from './logger.js';
import type { TaskLogWriter } from './task-log-writer.js';

/** What a try's log begins with, and each of the worker's lines carries. */
export interface TryNames {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly tryNumber: number;
  readonly workflowId: string | undefined;
}

/** A try's logger. */
export interface TryLog {
  readonly log: TaskLogger;
  /** Says how the try ended, and waits until the store has the log, but not for long. */
  end(level: 'info' | 'warn', fields: object, message: string): Promise<void>;
  /** Says why a sensor looks again later. The store keeps no log of such a poke: there may be thousands. */
  pause(fields: object, message: string): Promise<void>;
}

/** The parts that all tries of a worker share. */
export interface TryLogParts {
  readonly logger: Logger;
  readonly scrubber: SecretScrubber;
}

/** Opens the log of a try; without a writer its lines are in the worker's log only. */
export function openTryLog(
  { logger, scrubber }: TryLogParts,
  names: TryNames,
  operator: string,
  writer: TaskLogWriter | undefined,
): TryLog {
  const shared = logger.child(names);
  if (writer === undefined) {
    shared.info({ state: 'running' }, 'task started');
    return {
      log: shared,
      end: (level, fields, message) => {
        shared[level](fields, message);
        return Promise.resolve();
      },
      pause: (fields, message) => {
        shared.info(fields, message);
        return Promise.resolve();
      },
    };
  }
  const lastLines: string[] = [];
  let isEnding = false;
  const own = pino(
    { level: logger.level, base: null },
    {
      write: (line) => {
        const text = scrubber.scrub(line);
        if (isEnding) lastLines.push(text);
        else writer.write(text);
      },
    },
  );
  shared.info({ state: 'running' }, 'task started');
  own.info({ ...names, operator, worker: `${String(process.pid)}@${os.hostname()}` }, 'task started');
  return {
    log: tee(shared, own),
    end: (level, fields, message) => {
      isEnding = true;
      shared[level](fields, message);
      own[level](fields, message);
      return writer.close(lastLines);
    },
    pause: (fields, message) => {
      shared.info(fields, message);
      return writer.discard();
    },
  };
}

function tee(first: TaskLogger, second: TaskLogger): TaskLogger {
  const both =
    (level: keyof TaskLogger) =>
    (...line: Parameters<TaskLogger['info']>): void => {
      first[level](...line);
      second[level](...line);
    };
  return { debug: both('debug'), info: both('info'), warn: both('warn'), error: both('error') };
}
