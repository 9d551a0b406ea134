/**
 * What a worker tells about runs and tries to whoever watches: metrics, traces, lineage. Watching is never
 * part of the work: an observer neither delays a task nor fails one.
 */
import type { Info } from '@temporalio/activity';
import type { DatasetUse } from '../../core/lineage.js';
import type { RunFacts } from '../../core/run-facts.js';
import type { RunEnd } from '../../workflows/run-sinks.js';
import type { StreamPortion } from '../../workflows/stream-contract.js';
import type { Logger } from '../logger.js';

/** The run's place in Temporal. */
export interface Execution {
  readonly workflowId: string;
  /** Temporal's id of the history. */
  readonly runId: string;
  /** That of the first history: it stays when a run goes on in a new one. */
  readonly firstRunId: string;
}

/** Where an activity belongs. Every activity of ours is a workflow's. */
export function executionOf(info: Pick<Info, 'workflowExecution'>, firstRunId?: string): Execution {
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  return { workflowId, runId, firstRunId: firstRunId ?? runId };
}

/** A run that has just been planned. Instants in milliseconds since the epoch. */
export interface RunStart {
  readonly run: RunFacts;
  readonly execution: Execution;
  readonly startedAtMs: number;
  /** When a schedule meant it to start, if one started it. */
  readonly scheduledForMs?: number;
}

/** One try of one task. Instants in milliseconds since the epoch. */
export interface TaskTry {
  readonly run: RunFacts;
  readonly taskId: string;
  readonly operator: string;
  /** From 1. */
  readonly tryNumber: number;
  /** A poke of a sensor: most only find that it is not yet time. */
  readonly isPoke: boolean;
  readonly taskQueue: string;
  readonly execution: Execution;
  /** When the try might have begun, had there been a free slot. */
  readonly readyAtMs: number;
  readonly startedAtMs: number;
}

/**
 * How a try ended: Airflow's task states, `up_for_retry` when another try follows, `up_for_reschedule` when a sensor
 * will look again.
 */
export interface TryEnd {
  readonly state: 'success' | 'skipped' | 'failed' | 'up_for_retry' | 'up_for_reschedule' | 'cancelled';
  readonly endedAtMs: number;
  /** Free of secrets. */
  readonly error?: { readonly type: string; readonly message: string };
}

/** What a portion of a stream has done. */
export interface StreamAdvance {
  readonly stream: string;
  readonly topic: string;
  readonly portion: StreamPortion;
}

/** Watches runs and tries. Each method returns at once. */
export interface Observer {
  runStarted?(start: RunStart): void;
  /** The input was refused, or the DAG is gone: there will be no run. */
  runRefused?(dagId: string | undefined): void;
  runEnded?(end: RunEnd, execution: Execution): void;
  tryStarted?(task: TaskTry): void;
  /** The handler of a try that has started says what it reads and writes. */
  datasetsUsed?(task: TaskTry, use: DatasetUse): void;
  tryEnded?(task: TaskTry, end: TryEnd): void;
  /** A portion of a stream has ended. */
  streamAdvanced?(advance: StreamAdvance): void;
  /** Runs the handler of a try that has started, so that it finds what the observer leaves in its asynchronous context. */
  within?<T>(task: TaskTry, work: () => T): T;
}

/** One observer for all. What any of them throws is logged, and goes no further. */
export function combineObservers(observers: readonly Observer[], logger: Logger): Required<Observer> {
  const each = (tell: (observer: Observer) => void): void => {
    for (const observer of observers) {
      try {
        tell(observer);
      } catch (error) {
        logger.warn({ err: error }, 'an observer of runs failed');
      }
    }
  };
  return {
    runStarted: (start) => each((observer) => observer.runStarted?.(start)),
    runRefused: (dagId) => each((observer) => observer.runRefused?.(dagId)),
    runEnded: (end, execution) => each((observer) => observer.runEnded?.(end, execution)),
    tryStarted: (task) => each((observer) => observer.tryStarted?.(task)),
    datasetsUsed: (task, use) => each((observer) => observer.datasetsUsed?.(task, use)),
    tryEnded: (task, end) => each((observer) => observer.tryEnded?.(task, end)),
    streamAdvanced: (advance) => each((observer) => observer.streamAdvanced?.(advance)),
    within: <T>(task: TaskTry, work: () => T): T => {
      const nest = (inner: () => T, observer: Observer): (() => T) =>
        observer.within === undefined ? inner : () => observer.within?.(task, inner) as T;
      return observers.reduce(nest, work)();
    },
  };
}
