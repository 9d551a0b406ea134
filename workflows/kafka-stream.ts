/**
 * The workflow of a stream: has a topic ingested, portion after portion, until it is stopped. Exactly once is the sinks' doing
 * (their positions move with the data), so a portion that is lost with its worker is simply begun again.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  makeContinueAsNewFunc,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import {
  INGEST_STREAM,
  PLAN_STREAM,
  STREAM_MEMO,
  type StreamCall,
  type StreamPlan,
  type StreamPortion,
} from './stream-contract.js';
import { goOnWithCurrentVersion } from './current-version.js';
import { addPortion, beginReport, formatStreamTable, type StreamReport } from './stream-report.js';

const { [PLAN_STREAM]: planStream } = proxyActivities<{ [PLAN_STREAM](input: unknown): Promise<StreamPlan> }>(
  {
    startToCloseTimeout: '1 minute',
    retry: { maximumInterval: '10s' },
    summary: 'checks the input of the stream',
  },
);

/** Without an end to its tries: what is down comes back. What cannot be helped by waiting is not retried and ends the stream. */
const { [INGEST_STREAM]: ingestStream } = proxyActivities<{
  [INGEST_STREAM](call: StreamCall): Promise<StreamPortion>;
}>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  summary: 'ingests what comes',
});

/** Engine-made second argument; people give one. */
export interface StreamTuning {
  readonly $airtempo: 'stream';
  /** How long a portion goes on: so old the answer of the query may be. */
  readonly portionMs?: number;
  /** Goes on in a new history after so many events. */
  readonly continueAfterEvents?: number;
}

/** What a stream takes along into a new history. */
interface ContinuedStream extends StreamTuning {
  readonly plan: StreamPlan;
  readonly report: StreamReport;
}

const PORTION_MS = 15_000;
/** Whoever has started it sees soon that it works. */
const FIRST_PORTION_MS = 500;
/** A replay of so many events takes a fraction of a second. */
const MOST_EVENTS = 4_000;

const stateQuery = defineQuery<StreamReport>('state');
const pauseUpdate = defineUpdate<StreamReport>('pause');
const resumeUpdate = defineUpdate<StreamReport>('resume');

/**
 * Ingests a topic until it is cancelled. `input` as `StreamArgs` in activities/kafka/ingest-args.ts. Fails when waiting cannot
 * help: a wrong input, messages that are gone, access denied. `carried` is airtempo's own.
 */
export async function kafkaStream(input: unknown, carried?: ContinuedStream | StreamTuning): Promise<never> {
  const stream = new Stream(readContinued(carried), carried);
  setHandler(stateQuery, () => stream.report, {
    description: 'The stream as JSON: counts, and of each partition where it goes on and its lag.',
  });
  setHandler(pauseUpdate, () => stream.pause(), {
    description: 'Writes nothing more until it is resumed. Answers when the batch in hand has ended.',
  });
  setHandler(resumeUpdate, () => stream.resume(), { description: 'Goes on after a pause.' });
  try {
    const next = await stream.execute(input);
    await condition(allHandlersFinished);
    return await continueStream(input, next());
  } catch (error) {
    throw explain(error);
  }
}

function readContinued(carried: ContinuedStream | StreamTuning | undefined): ContinuedStream | undefined {
  const isOurs = workflowInfo().continuedFromExecutionRunId !== undefined;
  return isOurs && carried !== undefined && 'plan' in carried ? carried : undefined;
}

class Stream {
  #plan: StreamPlan | undefined;
  #report: StreamReport;
  #paused: boolean;
  /** The portion under way. */
  #portion: CancellationScope | undefined;
  readonly #tuning: StreamTuning;

  constructor(continued: ContinuedStream | undefined, tuning: StreamTuning | undefined) {
    this.#plan = continued?.plan;
    this.#report = continued?.report ?? beginReport(new Date().toISOString());
    this.#paused = this.#report.state === 'paused';
    const { portionMs, continueAfterEvents } = tuning?.$airtempo === 'stream' ? tuning : {};
    this.#tuning = {
      $airtempo: 'stream',
      ...(portionMs === undefined ? {} : { portionMs }),
      ...(continueAfterEvents === undefined ? {} : { continueAfterEvents }),
    };
  }

  get report(): StreamReport {
    const state = this.#paused ? 'paused' : 'running';
    return this.#plan === undefined ? this.#report : { ...this.#report, state };
  }

  async pause(): Promise<StreamReport> {
    this.#paused = true;
    this.#portion?.cancel();
    await condition(() => this.#portion === undefined);
    this.#show();
    return this.report;
  }

  resume(): StreamReport {
    this.#paused = false;
    this.#show();
    return this.report;
  }

  /** Goes on until the history is long enough; what it returns makes the arguments of the next one. */
  async execute(input: unknown): Promise<() => ContinuedStream> {
    const plan = this.#plan ?? (await this.#begin(input));
    const portionMs = this.#tuning.portionMs ?? PORTION_MS;
    while (!this.#isLong()) {
      await condition(() => !this.#paused);
      const isFirst = this.#report.updatedAt === undefined;
      await this.#ingest({ plan, portionMs: isFirst ? FIRST_PORTION_MS : portionMs });
      // shorter intervals are kept within a portion
      if (plan.intervalMs >= portionMs) await condition(() => this.#paused, plan.intervalMs);
    }
    return () => ({ ...this.#tuning, plan, report: this.report });
  }

  async #begin(input: unknown): Promise<StreamPlan> {
    const plan = await planStream(input ?? null);
    const { name, topic, sink, intervalMs } = plan;
    this.#plan = plan;
    this.#report = { ...this.#report, stream: { name, topic, sink, intervalMs } };
    upsertMemo({ [STREAM_MEMO]: { name, topic, sink } });
    this.#show();
    return plan;
  }

  async #ingest(call: StreamCall): Promise<void> {
    const scope = new CancellationScope();
    this.#portion = scope;
    try {
      const portion = await scope.run(() => ingestStream(call));
      this.#report = addPortion(this.#report, portion, new Date().toISOString());
    } catch (error) {
      if (!(isCancellation(error) && this.#paused)) throw error;
    } finally {
      this.#portion = undefined;
      this.#show();
    }
  }

  #isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return continueAsNewSuggested || historyLength >= (this.#tuning.continueAfterEvents ?? MOST_EVENTS);
  }

  #show(): void {
    setCurrentDetails(formatStreamTable(this.report));
  }
}

/** The failure of an activity as the stream's own: its message is what people see first. */
function explain(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return error; // cancelled, or continued
  return ApplicationFailure.nonRetryable(cause.message, cause.type);
}

function continueStream(...args: Parameters<typeof kafkaStream>): Promise<never> {
  return makeContinueAsNewFunc<typeof kafkaStream>({ workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS })(
    ...args,
  );
}

setWorkflowOptions(goOnWithCurrentVersion, kafkaStream);
