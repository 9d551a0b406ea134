/** The activities of streams, for a worker. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { followTopic } from '../activities/kafka/follow-topic.js';
import { describeSink, streamArgsSchema, type StreamArgs } from '../activities/kafka/ingest-args.js';
import { ingestOptions, withIngest, type IngestContext } from '../activities/kafka/open-ingest.js';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import type { Connection } from '../core/connection.js';
import { parseDuration, type Duration } from '../core/duration.js';
import { AirtempoError } from '../core/errors.js';
import type { JsonValue } from '../core/json.js';
import {
  INGEST_STREAM,
  PLAN_STREAM,
  type StreamCall,
  type StreamPlan,
  type StreamPortion,
} from '../workflows/stream-contract.js';
import { describeIssues } from './execute-task.js';
import type { Logger } from './logger.js';
import type { Observer } from './observe/observer.js';
import { Pulse } from './pulse.js';

/** What they need of a worker. */
export interface StreamParts {
  readonly connection: (connId: string) => Promise<Connection>;
  readonly logger: Logger;
  readonly scrubber: SecretScrubber;
  readonly observer: Required<Observer>;
}

/** Activities by name. */
export interface StreamActivities {
  [PLAN_STREAM](input: unknown): Promise<StreamPlan>;
  [INGEST_STREAM](call: StreamCall): Promise<StreamPortion>;
}

export function createStreamActivities(parts: StreamParts): StreamActivities {
  return {
    [PLAN_STREAM]: async (input) => planStream(input),
    [INGEST_STREAM]: (call) => ingestPortion(call, Context.current(), parts),
  };
}

const INTERVALS: Readonly<Record<StreamArgs['sink']['kind'], Duration>> = { warehouse: '5s', lake: '5m' };

/** Checks the input of a stream. Throws INVALID_ARGS. */
export function planStream(input: unknown): StreamPlan {
  const args = parseStreamArgs(input);
  const { topic, sink, name = `${topic}-${sink.kind}`, interval = INTERVALS[sink.kind] } = args;
  return {
    name,
    topic,
    sink: describeSink(sink),
    intervalMs: parseDuration(interval, 'interval'),
    args: { ...args } as unknown as JsonValue,
  };
}

function parseStreamArgs(input: unknown): StreamArgs {
  try {
    return streamArgsSchema.parse(input);
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `The input of a stream is not valid: ${describeIssues(cause)}. ` +
        'Give an object such as {"connId":"kafka","topic":"events","sink":{"kind":"warehouse","connId":"postgres"}}.',
      { cause },
    );
  }
}

async function ingestPortion(
  { plan, portionMs }: StreamCall,
  context: Context,
  { connection, logger, scrubber, observer }: StreamParts,
): Promise<StreamPortion> {
  const { name, topic, intervalMs } = plan;
  const log = logger.child({ stream: name, topic });
  const pulse = new Pulse(context, scrubber);
  const ctx: IngestContext = {
    connection,
    signal: context.cancellationSignal,
    log,
    lineage: () => undefined, // it is no task of a run
  };
  const { name: _, interval: __, ...args } = parseStreamArgs(plan.args);
  try {
    const portion = await withIngest(ctx, args, (reader, sink) =>
      followTopic(reader, sink, {
        ...ingestOptions(ctx, args),
        intervalMs,
        untilMs: Date.now() + portionMs,
        wait: (ms, signal) => sleep(ms, undefined, { signal }),
        onProgress: (progress) => pulse.report(progress),
      }),
    );
    observer.streamAdvanced({ stream: name, topic, portion });
    if (portion.messages > 0) log.info(portion, 'stream advanced');
    return portion;
  } finally {
    pulse.stop();
  }
}
