/** `airtempo kafka dlq`: what the ingest could not read, and sending it back. */
import type { Command } from 'commander';
import {
  deadLetterTopicOf,
  readLetters,
  replayLetters,
  type ReplayResult,
} from '../../activities/kafka/dead-letter-topic.js';
import type { FoundLetter } from '../../activities/kafka/dead-letter.js';
import { hasTopic, readPartitions } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import type { App } from '../app.js';
import { makePrintable } from '../connections/render.js';
import { formatTable, print, printJson, say } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { untilStopped } from '../until-stopped.js';

interface DlqOptions {
  readonly connId: string;
  readonly dlq?: string;
  readonly json?: boolean;
}

interface ListOptions extends DlqOptions {
  readonly limit: string;
}

/** Adds `dlq` to the group. */
export function registerDlq(kafka: Command, app: App): void {
  const dlq = kafka.command('dlq').description('messages that are no events: list them, send them back');
  withOptions(dlq.command('list <topic>').description('list the dead letters of a topic, oldest first'))
    .option('--limit <n>', 'so many at most', '100')
    .addHelpText(
      'after',
      `
Examples:
  airtempo kafka dlq list events
  airtempo kafka dlq list events --json --limit 100000 | jq -r .[].reason | sort | uniq -c`,
    )
    .action((topic: string, options: ListOptions) =>
      untilStopped('Stopped.', (signal) => list(app, topic, options, signal)),
    );
  withOptions(
    dlq
      .command('replay <topic>')
      .description('send the dead letters that were not replayed yet back to their topic'),
  )
    .addHelpText(
      'after',
      `
The original keys and bytes are sent. Where the replay has come to is kept at the brokers, so a second one goes on
there; one that was killed sends its letters again, which an ingest knows by their keys.

Example:
  airtempo kafka dlq replay events`,
    )
    .action((topic: string, options: DlqOptions) =>
      untilStopped('Stopped: run the command again to go on.', (signal) =>
        replay(app, topic, options, signal),
      ),
    );
}

function withOptions(command: Command): Command {
  return command
    .option('--conn-id <id>', 'a connection of type kafka', 'kafka')
    .option('--dlq <topic>', 'where the dead letters are; default: the topic with .dlq behind its name')
    .option('--json', 'print JSON');
}

const PREVIEW_CHARS = 60;

function preview(value: Buffer | null): string {
  const text = value?.subarray(0, 4 * PREVIEW_CHARS).toString('utf8') ?? '';
  return makePrintable(text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}…` : text);
}

function describe({ key, value, ...letter }: FoundLetter): object {
  return {
    ...letter,
    key: key?.toString('utf8') ?? null,
    bytes: value?.length ?? 0,
    preview: preview(value),
  };
}

/** The topic of dead letters is made with the first of them. Throws SOURCE_NOT_FOUND when the topic itself is not there. */
async function hasLetters(connection: Connection, topic: string, dlq: string): Promise<boolean> {
  if (await hasTopic(connection, dlq)) return true;
  await readPartitions(connection, topic);
  return false;
}

async function list(app: App, topic: string, options: ListOptions, signal: AbortSignal): Promise<void> {
  const { connId, dlq = deadLetterTopicOf(topic), limit, json } = options;
  const connection = await app.registry.get(connId);
  const found: FoundLetter[] = [];
  const isThere = await hasLetters(connection, topic, dlq);
  for await (const letter of isThere ? readLetters(connection, dlq, signal) : []) {
    found.push(letter);
    if (found.length >= Number(limit)) break;
  }
  if (json === true) return printJson(found.map(describe));
  if (found.length === 0) return say(`There are no dead letters in ${dlq}.`);
  const rows = found.map((letter) => [
    letter.reason,
    String(letter.partition),
    String(letter.offset),
    makePrintable(letter.detail),
    preview(letter.value),
  ]);
  print(formatTable(['REASON', 'PARTITION', 'OFFSET', 'DETAIL', 'MESSAGE'], rows));
}

async function replay(app: App, topic: string, options: DlqOptions, signal: AbortSignal): Promise<void> {
  const { connId, dlq = deadLetterTopicOf(topic), json } = options;
  const connection = await app.registry.get(connId);
  const line = createProgressLine(
    process.stderr,
    (_, { replayed }: ReplayResult) => `${String(replayed)} messages sent back`,
  );
  const isThere = await hasLetters(connection, topic, dlq);
  const result = isThere
    ? await replayLetters(connection, dlq, { signal, onProgress: line.show })
    : { replayed: 0, cut: 0 };
  line.clear();
  if (json === true) return printJson(result);
  const cut = result.cut === 0 ? '' : `; ${String(result.cut)} are not whole in ${dlq}, and were not sent`;
  print(`${String(result.replayed)} messages of ${dlq} sent back${cut}.`);
}
