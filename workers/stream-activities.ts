/** The activities of streams, for a worker. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { followTopic } from '../activities/kafka/follow-topic.js';
import { ingestOptions, withIngest, type IngestContext } from '../activities/kafka/open-ingest.js';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import type { Connection } from '../core/connection.js';
import {
  INGEST_STREAM,
  PLAN_STREAM,
  type StreamCall,
  type StreamPlan,
  type StreamPortion,
} from '../workflows/stream-contract.js';
import type { Logger } from './logger.js';
import type { Observer } from './observe/observer.js';
import { parseStreamArgs, planStream } from './plan-stream.js';
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
