/** `npm run demo:streaming`: a day of events through a real broker into warehouse and lake, and whether the counts match. */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { deadLetterTopicOf, readLetters } from '../../activities/kafka/dead-letter-topic.js';
import { readSqlFile } from '../../activities/sql/sql-folder.js';
import { prepareStatement } from '../../activities/sql/statement.js';
import { hasTopic } from '../../connections/kafka/topics.js';
import { connectSql } from '../../connections/postgres.js';
import { AirtempoError } from '../../core/errors.js';
import { DEFAULT_TASK_QUEUE } from '../../core/workflow-options.js';
import { requireJava } from '../../local/java.js';
import { ensureJars } from '../../local/jars/ensure-jars.js';
import { KAFKA_JARS, KAFKA_JAVA } from '../../local/kafka/kafka-jars.js';
import { findDag } from '../../workers/plan-run.js';
import type { App } from '../app.js';
import { withDemoStack } from '../demo-stack.js';
import { print, say, style } from '../output.js';
import { readTaskOutput } from '../task-output.js';
import { runUrl, type TemporalSession } from '../temporal.js';
import { startRun } from '../trigger.js';
import { watchRun } from '../watch.js';
import { mixDay, type DayOfEvents } from './demo/day-of-events.js';
import { generateDay, readDay } from './demo/find-day.js';
import { formatResult, isRight, type Account, type DemoResult } from './demo/show.js';

const DAG_ID = 'sparkify_streaming_demo';

interface DemoOptions {
  readonly data?: string;
  readonly day?: string;
  readonly users: string;
  readonly once?: true;
  readonly json?: true;
}

/** Adds `demo` to the group. */
export function registerDemo(kafka: Command, app: App): void {
  kafka
    .command('demo')
    .description('send a day of events through Kafka into warehouse and lake, and compare the counts')
    .option(
      '--data <dir>',
      'folder with log_data/ and song_data/ (default: $AIRTEMPO_DATA, else generated data)',
    )
    .option('--day <date>', 'default: 2018-10-02, or the busiest day of the folder')
    .option('--users <count>', 'invented listeners', '1000')
    .option('--once', 'stop everything at the end')
    .option('--json', 'print one JSON object as the last line of stdout; all else goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  $ npm run demo:streaming
  $ npm run demo:streaming -- --once --json
  $ npm run demo:streaming -- --data ~/sparkify --day 2018-11-15

Java 17 and Maven are needed, for the broker. Some events come a day late, some twice, some are broken. The exit code is 1
unless each is accounted for. Run again with the same day, it sends nothing twice and shows the same counts.`,
    )
    .action((options: DemoOptions) => runDemo(app, options));
}

async function runDemo(app: App, options: DemoOptions): Promise<void> {
  const made = await makeDay(app, options);
  const prepare = async (signal: AbortSignal): Promise<void> => {
    await requireJava(KAFKA_JAVA, app.env);
    await ensureJars(KAFKA_JARS, { env: app.env, signal, onProgress: ({ message, done }) => (done ? undefined : say(message)) }); // prettier-ignore
  };
  const stack = { once: options.once, command: 'npm run demo:streaming', needs: 'kafka', prepare } as const;
  await withDemoStack(app, stack, async (session, signal) => {
    const result = await sendAndCount(app, session, made, signal);
    if (!isRight(result)) process.exitCode = 1;
    (options.json === true ? say : print)(`\n${formatResult(result)}`);
    say(
      isRight(result)
        ? `\n${style('green', '✔')} Each message is accounted for.`
        : `\n${style('red', '✘')} The counts differ. The events are those of the table events with kafka_topic ${made.topic}, and of ${made.lake}.`,
    );
    say(formatNext(app, made));
    if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  });
}

function formatNext(app: App, { topic, lake }: MadeDay): string {
  return [
    '\nLook at it next:',
    `  npx airtempo kafka watch --topic ${topic} --from-beginning --lake ${path.relative(app.cwd, lake)}`,
    `  npx airtempo kafka dlq list ${topic}`,
  ].join('\n');
}

interface MadeDay extends DayOfEvents {
  readonly day: string;
  readonly file: string;
  readonly topic: string;
  readonly lake: string;
}

/** File, topic and lake are named after what is in the file: other events go another way. */
async function makeDay(app: App, { data, day, users }: DemoOptions): Promise<MadeDay> {
  if (!/^[1-9]\d{0,5}$/.test(users))
    return refuse(`--users ${users} is not a whole number from 1 to 999999.`);
  if (day !== undefined && !/^\d{4}-\d\d-\d\d$/.test(day))
    return refuse(`--day ${day} is not a date such as 2018-11-15.`);
  const folder = data ?? app.env['AIRTEMPO_DATA'];
  const found = folder === undefined ? generateDay(Number(users), day) : await readDay(folder, day);
  const mixed = mixDay(found.today, found.dayBefore);
  const content = Buffer.concat(mixed.lines.flatMap((line) => [line, Buffer.from('\n')]));
  const topic = `demo-${found.day}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}`;
  const home = path.resolve(app.home, 'demo-streaming');
  const file = path.join(home, `${topic}.json.gz`);
  await mkdir(home, { recursive: true });
  await writeFile(`${file}.partial`, gzipSync(content));
  await rename(`${file}.partial`, file);
  say(`${style('green', '✔')} ${file}: ${mixed.lines.length.toLocaleString('en-US')} lines of ${folder ?? 'invented listeners'}`); // prettier-ignore
  return { ...mixed, day: found.day, topic, file, lake: path.join(home, topic) };
}

function refuse(problem: string): never {
  throw new AirtempoError('INVALID_ARGUMENT', problem);
}

async function sendAndCount(
  app: App,
  session: TemporalSession,
  made: MadeDay,
  signal: AbortSignal,
): Promise<DemoResult> {
  const { day, topic, file, lake, counts: expected } = made;
  const { messages, rows, duplicates, deadLetters } = expected;
  const { dags } = await app.loadDags([]);
  const conf = { topic, file, lake, expected: { messages, rows, duplicates, deadLetters } };
  const { workflowId, executionId } = await startRun(
    session.client,
    findDag(DAG_ID, dags),
    DEFAULT_TASK_QUEUE,
    { conf },
  );
  const url = runUrl(session.target, workflowId, executionId);
  say(`\n${style('bold', `Run ${workflowId}`)}${url === undefined ? '' : `\n${url}`}\n`);
  const run = await watchRun(session.client, workflowId, signal);
  if (run.failure !== undefined) say(run.failure);
  if (url !== undefined) say(`\nSee it in the Web UI: ${url}`);
  const output = async <T>(task: string): Promise<T | undefined> =>
    (await readTaskOutput(session.client, workflowId, task)) as T | undefined;
  return {
    day,
    topic,
    lake,
    runId: run.run?.runId ?? workflowId,
    state: run.state,
    sentNow: (await output<{ readonly sent: number }>('produce'))?.sent ?? 0,
    expected,
    warehouse: await output<Account>('check_warehouse'),
    lakeAccount: await output<Account>('check_lake'),
    lateRows: await countLate(app, topic, day, signal),
    letters: await countLetters(app, topic, signal),
  };
}

async function countLate(app: App, topic: string, today: string, signal: AbortSignal): Promise<number> {
  const db = await connectSql(await app.registry.get('postgres'), { signal });
  try {
    const file = await readSqlFile('kafka/count-days.sql');
    const { rows } = await db.run(prepareStatement(file, db.dialect, { topic }));
    const late = rows.filter(({ day }) => day !== today);
    return late.reduce((sum, { events }) => sum + Number(events), 0);
  } finally {
    await db.close();
  }
}

/** By reason. Both ingests send a letter of the same message: it counts once. */
async function countLetters(
  app: App,
  topic: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const connection = await app.registry.get('kafka');
  const letters = deadLetterTopicOf(topic);
  const counts: Record<string, number> = {};
  if (!(await hasTopic(connection, letters))) return counts;
  for await (const { reason } of readLetters(connection, letters, signal))
    counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
