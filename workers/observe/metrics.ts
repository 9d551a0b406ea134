/**
 * Counts runs and tries for Prometheus, through the meter of the SDK, so that they come from the same
 * endpoint as its own. No label ever holds a run: their number must not grow with time.
 */
import type { MetricMeter } from '@temporalio/common';
import type { Observer, RunStart, StreamAdvance, TaskTry, TryEnd } from './observer.js';
import type { RunEnd } from '../../workflows/run-sinks.js';

/** Names and meanings, as docs/observability.md lists them. */
const METRICS = {
  runsStarted: ['airtempo_runs_started_total', 'Runs that began'],
  runsRefused: ['airtempo_runs_refused_total', 'Runs that did not begin: bad input, or no such DAG'],
  runDelay: ['airtempo_run_delay_seconds', 'From when a schedule meant a run to start until it did'],
  runDuration: ['airtempo_run_duration_seconds', 'From the start of a run to its end'],
  tasks: ['airtempo_tasks_total', 'Tasks of ended runs, by their final state'],
  tryDelay: ['airtempo_task_delay_seconds', 'From when a try was ready until a worker began it'],
  tryDuration: ['airtempo_task_duration_seconds', 'From the start of a try to its end'],
  streamMessages: [
    'airtempo_kafka_messages_total',
    'Messages that streams have ingested, by what became of them',
  ],
  streamLag: ['airtempo_kafka_lag', 'Messages of a partition that a stream has still to read'],
} as const;

/** Upper bounds in seconds: tasks take milliseconds or hours. */
const DURATION_BUCKETS = [0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 1800, 3600, 7200, 21_600, 86_400];
const DELAY_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 21_600];

/** The bounds by metric, for whoever sets the endpoint up. */
export const HISTOGRAM_BUCKETS: Readonly<Record<string, number[]>> = {
  [METRICS.runDelay[0]]: DELAY_BUCKETS,
  [METRICS.tryDelay[0]]: DELAY_BUCKETS,
  [METRICS.runDuration[0]]: DURATION_BUCKETS,
  [METRICS.tryDuration[0]]: DURATION_BUCKETS,
};

/** Each task is some fifty time series; past so many in one process, the rest are counted as one. */
const MAX_TASKS = 1_000;
const OTHER = '(other)';

/** Makes the observer that counts. */
export function createMetricsObserver(meter: MetricMeter, maxTasks = MAX_TASKS): Observer {
  const count = ([name, help]: readonly [string, string]) => meter.createCounter(name, '', help);
  const measure = ([name, help]: readonly [string, string]) =>
    meter.createHistogram(name, 'float', 's', help);
  const runsStarted = count(METRICS.runsStarted);
  const runsRefused = count(METRICS.runsRefused);
  const tasks = count(METRICS.tasks);
  const runDelay = measure(METRICS.runDelay);
  const runDuration = measure(METRICS.runDuration);
  const tryDelay = measure(METRICS.tryDelay);
  const tryDuration = measure(METRICS.tryDuration);
  const streamMessages = count(METRICS.streamMessages);
  const streamLag = meter.createGauge(METRICS.streamLag[0], 'int', '', METRICS.streamLag[1]);
  const known = new BoundedSet(maxTasks);
  return {
    runStarted: ({ run, scheduledForMs, startedAtMs }: RunStart) => {
      runsStarted.add(1, { dag: run.dagId, run_type: run.runType });
      if (run.runType !== 'scheduled' || scheduledForMs === undefined) return;
      runDelay.record(seconds(scheduledForMs, startedAtMs), { dag: run.dagId });
    },
    // a name that is no DAG's may be anything
    runRefused: (dagId = OTHER) => runsRefused.add(1, { dag: dagId }),
    runEnded: ({ run, state, startedAtMs, endedAtMs, counts }: RunEnd) => {
      const labels = { dag: run.dagId, run_type: run.runType, state };
      runDuration.record(seconds(startedAtMs, endedAtMs), labels);
      for (const [taskState, number] of Object.entries(counts)) {
        tasks.add(number, { dag: run.dagId, state: taskState });
      }
    },
    tryStarted: ({ run, taskQueue, readyAtMs, startedAtMs }: TaskTry) =>
      tryDelay.record(seconds(readyAtMs, startedAtMs), { dag: run.dagId, task_queue: taskQueue }),
    tryEnded: ({ run, taskId, operator, startedAtMs }: TaskTry, { state, endedAtMs }: TryEnd) => {
      const task = known.admits(`${run.dagId}/${taskId}`) ? taskId : OTHER;
      tryDuration.record(seconds(startedAtMs, endedAtMs), { dag: run.dagId, task, operator, state });
    },
    streamAdvanced: ({ stream, topic, portion }: StreamAdvance) => {
      const { written, duplicates, deadLetters, lag = {} } = portion;
      for (const [outcome, messages] of Object.entries({ written, duplicates, dead_letters: deadLetters })) {
        streamMessages.add(messages, { stream, topic, outcome });
      }
      for (const [partition, messages] of Object.entries(lag)) {
        streamLag.set(messages, { stream, topic, partition });
      }
    },
  };
}

/** Clocks of two machines may differ; a time is never negative. */
function seconds(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1000;
}

/** Knows the first so many values, and no more. */
class BoundedSet {
  readonly #values = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  admits(value: string): boolean {
    if (this.#values.has(value)) return true;
    if (this.#values.size >= this.#limit) return false;
    this.#values.add(value);
    return true;
  }
}
