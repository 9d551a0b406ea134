/**
 * bench/kafka: the ingest of a topic into Postgres, against its two limits: Kafka's own consumer-perf-test on the same topic, and
 * `psql \copy` of the very same rows into the same table with the same index. On the same servers, in the same run, in turns.
 * Prints a table, or JSON with --json. Needs psql, Java and Maven.
 * Usage: npx tsx bench/kafka/main.ts [--messages 1000000] [--turns 5] [--batch N] [--durable] [--headers] [--profile FOLDER] [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openWarehouseSink } from '../../activities/kafka/warehouse-sink.js';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import { startStack, type LocalStack } from '../../local/stack.js';
import { median, round } from '../support/median.js';
import { type Command, consumerPerformance, psql, readConsumerWallS } from './limits.js';
import { measure, type Usage } from './measure.js';
import { type OursInput, type OursReport, runOurs } from './ours.js';
import { fillTopic } from './topic.js';

const TOPIC = 'events';
/** Holds a password, hence the environment and not an argument. */
const CHILD_INPUT = 'AIRTEMPO_BENCH_KAFKA';
const AIM = 1.5;

const { values: flags } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    turns: { type: 'string', default: '5' },
    batch: { type: 'string' },
    durable: { type: 'boolean', default: false },
    headers: { type: 'boolean', default: false },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    child: { type: 'boolean', default: false },
  },
});
const messages = Number(flags.messages);

const SIDES = ['ours', 'copy', 'consumer'] as const;
type Side = (typeof SIDES)[number];

interface Sample {
  readonly wallS: number;
  readonly cpu: Usage;
  readonly peakRssMb?: number;
}

type Stack = LocalStack<'postgres' | 'kafka'>;

/** Empty tables, and no vacuum or statistics that would be charged to whoever runs just then. */
async function resetTables(postgres: Connection): Promise<void> {
  const session = await connectSql(postgres);
  await session.query('DROP TABLE IF EXISTS events, kafka_positions, kafka_batches');
  await openWarehouseSink(session, TOPIC);
  await session.query('ALTER TABLE events SET (autovacuum_enabled = false)');
  await session.close();
}

/** What the table holds: equal for both sides, or the comparison is void. */
async function readFingerprint(postgres: Connection): Promise<string> {
  const session = await connectSql(postgres);
  const { rows } = await session.query(
    'SELECT COUNT(*) AS n, SUM(HASHTEXTEXTENDED(events::text, 0)) AS hash FROM events',
  );
  await session.close();
  return `${String(rows[0]?.['n'])} (${String(rows[0]?.['hash'])})`;
}

function ourselves({ kafka, postgres }: Stack): Command {
  const batch = flags.batch === undefined ? {} : { batchMessages: Number(flags.batch) };
  const profile = flags.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${flags.profile}`];
  const args = { connId: 'kafka', topic: TOPIC, sink: { kind: 'warehouse', connId: 'postgres' } } as const;
  const input: OursInput = { kafka, postgres, args: { ...args, ...batch } };
  return {
    program: process.execPath,
    args: [...profile, '--import', 'tsx', fileURLToPath(import.meta.url), '--child'],
    env: { ...process.env, [CHILD_INPUT]: JSON.stringify(input) },
  };
}

async function runSide(side: Side, stack: Stack, rowsFile: string): Promise<Sample> {
  const { pids, kafka, postgres } = stack;
  if (side === 'ours') {
    const { output, cpu } = await measure(pids, ourselves(stack));
    return { ...(JSON.parse(output) as OursReport), cpu }; // what runOurs printed
  }
  if (side === 'copy') return measure(pids, psql(postgres, `\\copy events from '${rowsFile}'`));
  const { output, cpu } = await measure(pids, await consumerPerformance(kafka, TOPIC, messages));
  return { wallS: readConsumerWallS(output, messages), cpu };
}

async function runBench(): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-bench-'));
  const stack = await startStack({
    dir: path.join(dir, 'stack'),
    services: ['postgres', 'kafka'],
    durable: flags.durable,
    ports: { postgres: 0, kafka: 0 },
  });
  try {
    const bytes = await fillTopic(stack.kafka, TOPIC, { messages, headers: flags.headers });
    const rowsFile = path.join(dir, 'rows.tsv');
    const samples: Record<Side, Sample[]> = { ours: [], copy: [], consumer: [] };
    const fingerprints = new Set<string>();
    for (let turn = 0; turn < Number(flags.turns); turn += 1) {
      for (const side of SIDES) {
        if (side !== 'consumer') await resetTables(stack.postgres);
        samples[side].push(await runSide(side, stack, rowsFile));
        if (side === 'consumer') continue;
        fingerprints.add(await readFingerprint(stack.postgres));
        if (turn === 0 && side === 'ours')
          await measure(stack.pids, psql(stack.postgres, `\\copy events to '${rowsFile}'`));
      }
      if (!flags.json) process.stderr.write(`turn ${String(turn + 1)} of ${flags.turns}\n`);
    }
    if (fingerprints.size !== 1) throw new Error(`the tables differ:\n${[...fingerprints].join('\n')}`);
    report(samples, { messages, bytes, rows: [...fingerprints][0] });
  } finally {
    await stack.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function summarize(samples: readonly Sample[]): Record<string, number> {
  const of = (pick: (sample: Sample) => number): number => round(median(samples.map(pick)));
  const wallS = of((sample) => sample.wallS);
  return {
    wallS,
    perSecond: Math.round(messages / wallS),
    cpuS: of(({ cpu }) => cpu.client + cpu.postgres + cpu.kafka),
    clientCpuS: of(({ cpu }) => cpu.client),
    postgresCpuS: of(({ cpu }) => cpu.postgres),
    kafkaCpuS: of(({ cpu }) => cpu.kafka),
  };
}

function report(samples: Readonly<Record<Side, readonly Sample[]>>, facts: object): void {
  const [ours, copy, consumer] = SIDES.map((side) => summarize(samples[side]));
  const limitS = Math.max(copy?.['wallS'] ?? 0, consumer?.['wallS'] ?? 0);
  const ratio = round((ours?.['wallS'] ?? Number.NaN) / limitS);
  const peakRssMb = Math.round(Math.max(...samples.ours.map((sample) => sample.peakRssMb ?? Number.NaN)));
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ ...facts, ours, copy, consumer, ratio, peakRssMb, samples })}\n`,
    );
    return;
  }
  console.log(facts);
  console.table({ ours, 'psql \\copy': copy, 'consumer-perf-test': consumer });
  console.log(`Wall: ${String(ratio)} × the slower limit (aim: at most ${String(AIM)}).`);
  console.log(`Peak memory of our process: ${String(peakRssMb)} MB.`);
}

// What `ourselves` wrote.
if (flags.child) await runOurs(JSON.parse(process.env[CHILD_INPUT] ?? '') as OursInput);
else await runBench();
