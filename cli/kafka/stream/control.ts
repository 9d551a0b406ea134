/** `airtempo kafka stream pause`, `resume` and `stop`. */
import { AirtempoError } from '../../../core/errors.js';
import { stopStream } from '../../../schedules/stream-schedules.js';
import type { StreamReport } from '../../../workflows/stream-report.js';
import { print, printJson } from '../../output.js';
import type { TemporalSession } from '../../temporal.js';
import { findNamed } from './read.js';

export interface StreamOptions {
  readonly json?: boolean;
}

export async function steerStream(
  { client }: TemporalSession,
  name: string,
  update: 'pause' | 'resume',
  { json }: StreamOptions,
): Promise<void> {
  const { workflow } = await findNamed(client, name);
  if (workflow?.status.name !== 'RUNNING') {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `The stream ${name} does not run at the moment: see "airtempo kafka stream status ${name}".`,
    );
  }
  const report = await client.workflow.getHandle(workflow.workflowId).executeUpdate<StreamReport, []>(update);
  if (json === true) printJson({ name, ...report });
  else print(`${name} is ${report.state}: ${String(report.counts.messages)} messages so far`);
}

export async function stopNamed(
  { client }: TemporalSession,
  name: string,
  { json }: StreamOptions,
): Promise<void> {
  await stopStream(client, await findNamed(client, name));
  if (json === true) printJson({ name, state: 'stopped' });
  else print(`${name} is stopped.`);
}
