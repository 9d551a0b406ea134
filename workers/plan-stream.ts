/** What a stream is asked to do, checked and with its defaults. Pure. */
import { describeSink, streamArgsSchema, type StreamArgs } from '../activities/kafka/ingest-args.js';
import { parseDuration, type Duration } from '../core/duration.js';
import { AirtempoError } from '../core/errors.js';
import type { JsonValue } from '../core/json.js';
import type { StreamPlan } from '../workflows/stream-contract.js';
import { describeIssues } from './execute-task.js';

function defaultInterval(sink: StreamArgs['sink']): Duration {
  if (sink.kind === 'lake') return '5m';
  return sink.stage === undefined ? '5s' : '1m';
}

/** Checks the input of a stream. Throws INVALID_ARGS. */
export function planStream(input: unknown): StreamPlan {
  const args = parseStreamArgs(input);
  const { topic, sink, name = `${topic}-${sink.kind}`, interval = defaultInterval(sink) } = args;
  return {
    name,
    topic,
    sink: describeSink(sink),
    intervalMs: parseDuration(interval, 'interval'),
    args: { ...args } as unknown as JsonValue,
  };
}

/** Throws INVALID_ARGS. */
export function parseStreamArgs(input: unknown): StreamArgs {
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
