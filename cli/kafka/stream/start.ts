/** `airtempo kafka stream start`. */
import { setTimeout as delay } from 'node:timers/promises';
import { AirtempoError } from '../../../core/errors.js';
import { startStream } from '../../../schedules/stream-schedules.js';
import { planStream } from '../../../workers/plan-stream.js';
import { KAFKA_STREAM } from '../../../workflows/stream-contract.js';
import { print, printJson, say } from '../../output.js';
import { runUrl, type TemporalSession } from '../../temporal.js';
import { findNamed, readStream, type ShownStream } from './read.js';

export interface StartOptions {
  readonly sink: 'warehouse' | 'lake';
  readonly warehouse: string;
  readonly stage?: string;
  readonly stageConnId?: string;
  readonly lake?: string;
  readonly lakeConnId?: string;
  readonly connId: string;
  readonly name?: string;
  readonly interval?: string;
  readonly dlq?: string;
  readonly allowLoss?: boolean;
  readonly taskQueue: string;
  readonly json?: boolean;
}

export async function startNew(
  session: TemporalSession,
  topic: string,
  options: StartOptions,
): Promise<void> {
  const { client, target } = session;
  const { taskQueue } = options;
  const input = toInput(topic, options);
  const { name } = planStream(input);
  const started = await startStream(client, { name, workflowType: KAFKA_STREAM, input, taskQueue });
  if (started === 'other') {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `There is a stream ${name} with other options. Stop it first ("airtempo kafka stream stop ${name}"): started anew, it goes on where it was. Or give this one another --name.`,
    );
  }
  const shown = await waitForStart(session, name);
  const url = shown.workflowId === undefined ? undefined : runUrl(target, shown.workflowId);
  if (options.json === true) printJson({ ...shown, url });
  else {
    const verb = started === 'created' ? 'started' : 'is there already';
    print([`Stream ${name} ${verb}: ${shown.state}`, ...(url === undefined ? [] : [url])].join('\n'));
  }
  if (shown.problem !== undefined) say(shown.problem);
  if (shown.state === 'down') process.exitCode = 1;
}

function toInput(topic: string, options: StartOptions): object {
  const { connId, name, interval, dlq, allowLoss } = options;
  return {
    connId,
    topic,
    sink: toSink(options),
    ...(name === undefined ? {} : { name }),
    ...(interval === undefined ? {} : { interval }),
    ...(dlq === undefined ? {} : { deadLetterTopic: dlq }),
    ...(allowLoss === undefined ? {} : { allowLoss }),
  };
}

function toSink(options: StartOptions): object {
  const { sink, warehouse, stage, stageConnId, lake, lakeConnId } = options;
  if (sink === 'warehouse') {
    return {
      kind: sink,
      connId: warehouse,
      ...(stage === undefined ? {} : { stage }),
      ...(stageConnId === undefined ? {} : { stageConnId }),
    };
  }
  if (lake === undefined) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      'Say where the lake is: --lake with a folder on the worker, or s3://bucket/prefix/.',
    );
  }
  return { kind: sink, lake, ...(lakeConnId === undefined ? {} : { connId: lakeConnId }) };
}

const PATIENCE_MS = 15_000;
const POLL_MS = 200;

/** Waits until a worker has taken it up, so that a wrong connection is told at once. */
async function waitForStart({ client }: TemporalSession, name: string): Promise<ShownStream> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const shown = await readStream(client, await findNamed(client, name));
    const isUp = shown.updatedAt !== undefined || shown.state === 'paused';
    if (isUp || shown.problem !== undefined || performance.now() > deadline) return shown;
    await delay(POLL_MS);
  }
}
