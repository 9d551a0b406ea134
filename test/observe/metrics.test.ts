/** The metrics' own rules, on the SDK's real endpoint. */
import getPort from 'get-port';
import { Runtime } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { installRuntime, parseMetricsAddress } from '../../cli/metrics.js';
import { createSecretScrubber } from '../../connections/index.js';
import type { RunFacts } from '../../core/run-facts.js';
import { createLogger } from '../../workers/logger.js';
import { createMetricsObserver } from '../../workers/observe/metrics.js';
import { combineObservers, type TaskTry } from '../../workers/observe/observer.js';
import { scrape, total } from '../support/prometheus.js';

let address: string;
const logLines: string[] = [];
const logger = createLogger(createSecretScrubber(), {
  destination: { write: (line: string) => void logLines.push(line) },
});

beforeAll(async () => {
  address = `127.0.0.1:${String(await getPort())}`;
  installRuntime(logger, address);
});

const run = (dagId: string, runType: RunFacts['runType'] = 'manual'): RunFacts => ({
  dagId,
  runId: 'manual__2018-11-02T00:00:00+00:00',
  runType,
  logicalDate: '2018-11-02T00:00:00.000Z',
  dataInterval: ['2018-11-02T00:00:00.000Z', '2018-11-03T00:00:00.000Z'],
  conf: {},
  params: {},
});
const execution = { workflowId: 'w', runId: 'r', firstRunId: 'r' };
const tryOf = (dagId: string, taskId: string, ms: { ready: number; start: number }): TaskTry => ({
  run: run(dagId),
  taskId,
  operator: 'op',
  tryNumber: 1,
  isPoke: false,
  taskQueue: 'q',
  execution,
  readyAtMs: ms.ready,
  startedAtMs: ms.start,
});

describe('the metrics', () => {
  test('count tasks past the limit as one, so that a huge DAG does not flood Prometheus', async () => {
    const observer = createMetricsObserver(Runtime.instance().metricMeter, 2);
    for (const taskId of ['a', 'b', 'c', 'd', 'a']) {
      observer.tryEnded?.(tryOf('wide', taskId, { ready: 0, start: 0 }), { state: 'success', endedAtMs: 1 });
    }
    const samples = await scrape(address);
    const count = (task: string): number | undefined =>
      total(samples, 'airtempo_task_duration_seconds_count', { dag: 'wide', task });
    expect(['a', 'b', 'c', '(other)'].map(count)).toEqual([2, 1, undefined, 2]);
  });

  test('take a clock that lags behind the server for no delay, not for a negative one', async () => {
    const observer = createMetricsObserver(Runtime.instance().metricMeter);
    observer.tryStarted?.(tryOf('skewed', 'a', { ready: 5_000, start: 1_000 }));
    observer.tryStarted?.(tryOf('skewed', 'a', { ready: 1_000, start: 3_500 }));
    const samples = await scrape(address);
    expect(total(samples, 'airtempo_task_delay_seconds_sum', { dag: 'skewed' })).toBe(2.5);
    expect(total(samples, 'airtempo_task_delay_seconds_bucket', { dag: 'skewed', le: '0.01' })).toBe(1);
  });

  test('measure the delay of runs that a schedule started, and of no others', async () => {
    const observer = createMetricsObserver(Runtime.instance().metricMeter);
    const start = { execution, startedAtMs: 90_000, scheduledForMs: 60_000 };
    observer.runStarted?.({ ...start, run: run('nightly', 'scheduled') });
    observer.runStarted?.({ ...start, run: run('nightly', 'manual') });
    const samples = await scrape(address);
    expect(total(samples, 'airtempo_run_delay_seconds_count', { dag: 'nightly' })).toBe(1);
    expect(total(samples, 'airtempo_run_delay_seconds_sum', { dag: 'nightly' })).toBe(30);
    expect(total(samples, 'airtempo_runs_started_total', { dag: 'nightly' })).toBe(2);
  });

  test('count a refused run under its DAG, and one of an unknown name under no name', async () => {
    const observer = createMetricsObserver(Runtime.instance().metricMeter);
    observer.runRefused?.('known');
    observer.runRefused?.(undefined);
    const samples = await scrape(address);
    expect(total(samples, 'airtempo_runs_refused_total', { dag: 'known' })).toBe(1);
    expect(total(samples, 'airtempo_runs_refused_total', { dag: '(other)' })).toBe(1);
  });

  test('add up what streams have ingested, and tell the latest lag of each partition', async () => {
    const observer = createMetricsObserver(Runtime.instance().metricMeter);
    const of = { stream: 'events-lake', topic: 'events' };
    const counts = { messages: 6, written: 3, duplicates: 2, deadLetters: 1, lost: 0, positions: {} };
    observer.streamAdvanced?.({ ...of, portion: { ...counts, lag: { 0: 10, 1: 20 } } });
    observer.streamAdvanced?.({ ...of, portion: { ...counts, lag: { 0: 5, 1: 0 } } });
    observer.streamAdvanced?.({ ...of, portion: counts }); // broken off: its lag is not known
    const samples = await scrape(address);
    const ingested = (outcome: string): number | undefined =>
      total(samples, 'airtempo_kafka_messages_total', { ...of, outcome });
    expect(['written', 'duplicates', 'dead_letters'].map(ingested)).toEqual([9, 6, 3]);
    const lag = (partition: string): number | undefined =>
      total(samples, 'airtempo_kafka_lag', { ...of, partition });
    expect(['0', '1'].map(lag)).toEqual([5, 0]);
  });
});

describe('observers', () => {
  test('that throw do not keep the others from hearing, nor the work from going on', () => {
    const heard: string[] = [];
    const observer = combineObservers(
      [
        {
          tryStarted: () => {
            throw new Error('broken pipe');
          },
        },
        { tryStarted: ({ taskId }) => void heard.push(taskId) },
      ],
      logger,
    );
    observer.tryStarted(tryOf('any', 'a', { ready: 0, start: 0 }));
    expect(heard).toEqual(['a']);
    expect(logLines.join('')).toContain('broken pipe');
  });
});

describe('the address', () => {
  test.each([
    ['127.0.0.1:9464', '127.0.0.1:9464'],
    [' 0.0.0.0:80 ', '0.0.0.0:80'],
    ['9464', '127.0.0.1:9464'],
    [':9464', '127.0.0.1:9464'],
    ['localhost:9464', '127.0.0.1:9464'],
    ['[::1]:9464', '[::1]:9464'],
    ['', undefined],
  ])('%j means %j', (text, meaning) => {
    expect(parseMetricsAddress(text)).toBe(meaning);
  });

  test.each(['0', '::1:9464', '[::1]', 'host:9464', '127.0.0.1:65536', '127.0.0.1:', '1.2.3:80'])(
    '%j is refused',
    (text) => {
      expect(() => parseMetricsAddress(text)).toThrow(/address for metrics .* Write an IP address/);
    },
  );
});
