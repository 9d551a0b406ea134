/** `airtempo kafka watch`: a topic as it lives, in the terminal. It reads as nobody in particular: no ingest notices it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import { readMessages } from '../../connections/kafka/messages.js';
import { checkTopicName, readPartitions } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import { parseDuration } from '../../core/duration.js';
import { AirtempoError } from '../../core/errors.js';
import { messageOf } from '../../core/outside-value.js';
import type { App } from '../app.js';
import { print } from '../output.js';
import { waitForStop } from '../wait-for-stop.js';
import { BROKERS, CONN_ID, findBrokers, type BrokerOptions } from './broker-options.js';
import { measureLag, type TopicLook } from './watch/lag.js';
import { findSinks, readSink, type SinkOptions, type WatchedSink } from './watch/positions.js';
import { StreamWindow } from './watch/stream-window.js';
import { formatLine, formatScreen, toJson, type WatchState } from './watch/view.js';

interface WatchOptions extends BrokerOptions, SinkOptions {
  readonly topic: string;
  readonly fromBeginning?: true;
  readonly interval: string;
  readonly window: string;
  readonly count?: string;
  readonly for?: string;
  readonly json?: true;
}

/** Adds `watch` to the group. */
export function registerWatch(kafka: Command, app: App): void {
  kafka
    .command('watch')
    .description('show a topic as it lives: messages, lag, plays, users, songs; until Ctrl-C')
    .option('--topic <name>', 'the topic', 'events')
    .option('--from-beginning', 'read what is there already, too')
    .option('--interval <seconds>', 'between two refreshes', '2')
    .option('--window <duration>', 'how long a user counts as active, and a play for its song', '5m')
    .option('--count <n>', 'end after so many refreshes')
    .option('--for <duration>', 'end after this time, such as 30s')
    .option(
      '--warehouse <connId>',
      'show the lag of this warehouse; default: postgres, if it knows the topic',
    )
    .option('--lake <place>', 'show the lag of this lake; default: data/event-lake, if it knows the topic')
    .option('--lake-conn-id <id>', 'connection of type aws or s3, for a lake on s3://')
    .addOption(CONN_ID)
    .addOption(BROKERS)
    .option('--json', 'print one JSON object a refresh')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo kafka watch
  $ airtempo kafka watch --topic events --from-beginning --window 1h
  $ airtempo kafka watch --lake s3://my-lake/events/ --lake-conn-id aws
  $ airtempo kafka watch --json --interval 10 | jq .lag
  $ airtempo kafka watch --count 1

In a terminal it is redrawn in place, elsewhere it is a line a refresh. Lag is what a sink has not got, by the positions
that the sink keeps with its data. Nothing that an ingest goes by is read from or written to the brokers.`,
    )
    .action((options: WatchOptions) => runWatch(app, options));
}

async function runWatch(app: App, options: WatchOptions): Promise<void> {
  const topic = checkTopicName(options.topic);
  const plan = readPlan(options);
  const stop = waitForStop();
  const ended = new AbortController();
  const signal = AbortSignal.any([stop.signal, ended.signal]);
  try {
    const connection = await findBrokers(app, options);
    const partitions = await readPartitions(connection, topic);
    const sinks = await findSinks(app, topic, options, signal);
    const window = new StreamWindow(plan.windowMs, Date.now());
    const spans = partitions.map(({ partition, low, high }) => ({
      partition,
      from: options.fromBeginning === true ? low : high,
      to: Infinity,
    }));
    const reading = (async () => {
      for await (const { messages } of readMessages(connection, topic, spans, { signal })) {
        for (const { value } of messages) window.add(value, Date.now());
      }
    })();
    const watch = new Watch({ topic, connection, sinks, window, windowMs: plan.windowMs });
    const show = createDisplay(options.json === true);
    try {
      await Promise.race([reading, refresh(watch, show, plan, signal)]);
    } finally {
      show.done();
      ended.abort();
      await reading.catch(() => undefined); // a failure of its own was thrown by the race
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    stop.dispose();
  }
}

interface WatchPlan {
  readonly intervalMs: number;
  readonly windowMs: number;
  readonly count: number;
  readonly forMs: number;
}

function readPlan({ interval, window, count, for: time }: WatchOptions): WatchPlan {
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(interval) ? Number(interval) : 0;
  if (seconds < 0.1) return refuse(`--interval ${interval} is no number of seconds from 0.1 on.`);
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count))
    return refuse(`--count ${count} is no whole number from 1 on.`);
  const windowMs = parseDuration(window, '--window');
  if (windowMs < 1_000 || windowMs > LONGEST_WINDOW_MS)
    return refuse(`--window ${window} is not from 1s to 1d.`);
  return {
    intervalMs: seconds * 1000,
    windowMs,
    count: count === undefined ? Infinity : Number(count),
    forMs: time === undefined ? Infinity : parseDuration(time, '--for'),
  };
}

const LONGEST_WINDOW_MS = 24 * 3_600_000;

function refuse(problem: string): never {
  throw new AirtempoError('INVALID_ARGUMENT', problem);
}

type Display = ((state: WatchState, isFirst: boolean) => void) & { done(): void };

/** A terminal shows the state at once, before there is anything to count. */
function createDisplay(json: boolean): Display {
  const { stdout } = process;
  if (json) return createLog((state) => JSON.stringify(toJson(state)));
  if (!stdout.isTTY) return createLog(formatLine);
  const draw = createLogUpdate(stdout);
  const show = (state: WatchState): void =>
    draw(formatScreen(state, { columns: stdout.columns, rows: stdout.rows }));
  return Object.assign(show, { done: () => draw.done() });
}

function createLog(format: (state: WatchState) => string): Display {
  const show = (state: WatchState, isFirst: boolean): void => {
    if (!isFirst) print(format(state));
  };
  return Object.assign(show, { done: () => undefined });
}

async function refresh(watch: Watch, show: Display, plan: WatchPlan, signal: AbortSignal): Promise<void> {
  const endsAt = performance.now() + plan.forMs;
  show(await watch.look(signal), true);
  for (let shown = 0; shown < plan.count; shown += 1) {
    const left = endsAt - performance.now();
    if (left <= 0) return;
    await sleep(Math.min(plan.intervalMs, left), undefined, { signal });
    show(await watch.look(signal), false);
  }
}

interface WatchSubject {
  readonly topic: string;
  readonly connection: Connection;
  readonly sinks: readonly WatchedSink[];
  readonly window: StreamWindow;
  readonly windowMs: number;
}

/** More than the largest screen has room for. */
const SONGS = 5;
/** A refresh does not wait longer for brokers and sinks that do not answer: it shows what they said before. */
const PATIENCE_MS = 2_000;

/** Looks at a topic again and again. */
class Watch {
  readonly #subject: WatchSubject;
  readonly #startMs = Date.now();
  #look: TopicLook | undefined;
  #former: TopicLook | undefined;
  #looking: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(subject: WatchSubject) {
    this.#subject = subject;
  }

  async look(signal: AbortSignal): Promise<WatchState> {
    this.#looking ??= this.#lookAgain(signal).finally(() => (this.#looking = undefined));
    await Promise.race([this.#looking, sleep(PATIENCE_MS, undefined, { signal })]);
    const { topic, window, windowMs } = this.#subject;
    const atMs = Date.now();
    return {
      topic,
      atMs,
      startMs: this.#startMs,
      windowMs,
      stream: window.snapshot(atMs, SONGS),
      partitions: this.#look === undefined ? [] : measureLag(this.#look, this.#former),
      sinks: this.#look?.sinks ?? [],
      problem: this.#problem,
    };
  }

  /** The ends are read after the positions, so that no position is behind them. */
  async #lookAgain(signal: AbortSignal): Promise<void> {
    const { topic, connection } = this.#subject;
    try {
      const sinks = await Promise.all(this.#subject.sinks.map((sink) => readSink(sink, signal)));
      const partitions = await readPartitions(connection, topic);
      this.#former = this.#look;
      this.#look = { atMs: Date.now(), partitions, sinks };
      this.#problem = undefined;
    } catch (error) {
      this.#problem = messageOf(error);
    }
  }
}
