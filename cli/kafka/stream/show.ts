/** `airtempo kafka stream list` and `status`. */
import { totalLag } from '../../../workflows/stream-report.js';
import { formatTable, print, printJson, say } from '../../output.js';
import { runUrl, type TemporalSession } from '../../temporal.js';
import { listStreams, findStream } from '../../../schedules/stream-schedules.js';
import type { StreamOptions } from './control.js';
import { findNamed, readStream, type ShownStream } from './read.js';

export async function listAll({ client }: TemporalSession, { json }: StreamOptions): Promise<void> {
  const streams: ShownStream[] = [];
  for (const name of await listStreams(client)) {
    const found = await findStream(client, name);
    if (found !== undefined) streams.push(await readStream(client, found));
  }
  if (json === true) return printJson(streams);
  if (streams.length === 0) return say('There are no streams. Start one with "airtempo kafka stream start".');
  const rows = streams.map((one) => [
    one.name,
    one.state,
    one.stream?.topic ?? '',
    one.stream?.sink ?? '',
    one.counts === undefined ? '' : String(one.counts.messages),
    one.lag === undefined ? '' : String(totalLag({ lag: one.lag })),
  ]);
  print(formatTable(['STREAM', 'STATE', 'TOPIC', 'SINK', 'MESSAGES', 'LAG'], rows));
}

export async function showStatus(
  session: TemporalSession,
  name: string,
  { json }: StreamOptions,
): Promise<void> {
  const shown = await readStream(session.client, await findNamed(session.client, name));
  const url = shown.workflowId === undefined ? undefined : runUrl(session.target, shown.workflowId);
  if (json === true) printJson({ ...shown, url });
  else print(formatStatus(shown, url));
  if (shown.state === 'down') process.exitCode = 1;
}

function formatStatus(shown: ShownStream, url: string | undefined): string {
  const { name, state, stream, problem, tryNumber } = shown;
  const what = stream === undefined ? '' : `: ${stream.topic} into ${stream.sink}`;
  const tries = tryNumber === undefined ? '' : ` (try ${String(tryNumber)})`;
  return [
    `${name} is ${state}${what}`,
    ...(url === undefined ? [] : [url]),
    ...(problem === undefined ? [] : [`${problem}${tries}`]),
    ...formatCounts(shown),
  ].join('\n');
}

function formatCounts({
  counts,
  startedAt = '',
  updatedAt,
  positions = {},
  lag = {},
}: ShownStream): readonly string[] {
  if (counts === undefined) return [];
  const { messages, written, duplicates, deadLetters, lost } = counts;
  const rows = Object.entries(positions).map(([partition, position]) => [
    partition,
    String(position),
    String(lag[partition] ?? ''),
  ]);
  return [
    '',
    `Since ${startedAt}: ${String(messages)} messages = ${String(written)} rows + ${String(duplicates)} duplicates + ${String(deadLetters)} dead letters`,
    ...(lost === 0 ? [] : [`${String(lost)} messages were gone before they were read.`]),
    ...(rows.length === 0 ? [] : ['', formatTable(['PARTITION', 'GOES ON AT', 'LAG'], rows)]),
    ...(updatedAt === undefined ? [] : [`As of ${updatedAt}`]),
  ];
}
