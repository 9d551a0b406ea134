/**
 * bench/churn: events as JSON → the feature tables of the churn model, by the code of `airtempo churn features`; against plain DuckDB
 * with the same SELECTs, and with --spark against Spark with the same SQL files. On the same generated events, in turns, CPU
 * seconds of each process with its children. With --train also the training on them, by Spark on this machine.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { listTables, PROTOCOLS } from '../../activities/churn/features-plan.js';
import { openDuckDb, quoteText } from '../../connections/duckdb/duckdb.js';
import { createFolderSink } from '../../generator/sinks/folder.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { type ChildCommand, type ChildCost, measureChild } from '../support/measure-child.js';
import { median, round } from '../support/median.js';
import { runOurs } from './ours.js';
import { runPlain } from './plain.js';

const USAGE = `Usage: npx tsx bench/churn/main.ts [options]
  --events N       about so many events, over 61 days; default 1000000
  --turns N        turns of each side that makes features, of which the medians count; default 5
  --spark          makes the features by Spark too, in the same turns; needs Java 17
  --train          trains on them as well
  --train-turns N  turns of the training; default 1: it takes minutes
  --json           one line of JSON
Linux only: CPU times are read from /proc.
`;
/** Of the preset, over its 61 days. */
const EVENTS_A_USER = 1_150;

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    turns: { type: 'string', default: '5' },
    spark: { type: 'boolean', default: false },
    train: { type: 'boolean', default: false },
    'train-turns': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    child: { type: 'string' },
    logs: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
  },
});

type Side = 'plain' | 'ours' | 'spark' | 'train';
/** The job of spark/churn.py, with Spark's settings of `airtempo churn train`. */
async function sparkJob(...args: readonly string[]): Promise<ChildCommand> {
  const { sparkSubmit, env } = await ensureSpark();
  const how = ['--master=local[2]', '--driver-memory=2g'];
  const conf = ['--conf=spark.ui.enabled=false', '--conf=spark.sql.shuffle.partitions=4'];
  return [sparkSubmit, [...how, ...conf, 'spark/churn.py', ...args], { ...process.env, ...env }];
}

/** A side in a process of its own. */
function commandOf(side: Side, logs: string, out: string): Promise<ChildCommand> {
  if (side === 'spark') return sparkJob('features', '--events', logs, '--out', out);
  if (side === 'train') return sparkJob('train', '--features', logs, '--out', out);
  const self = fileURLToPath(import.meta.url);
  const args = ['--import', 'tsx', self, '--child', side, '--logs', logs, '--out', out];
  return Promise.resolve([process.execPath, args, process.env]);
}

async function measure(side: Side, from: string, out: string): Promise<ChildCost> {
  return measureChild(side, await commandOf(side, from, out));
}

/** Users, cuts and labels of each table: equal for all sides, or the comparison is void. A test compares the features. */
async function readFingerprint(out: string): Promise<string> {
  const db = await openDuckDb();
  const parts: string[] = [];
  for (const table of listTables(PROTOCOLS)) {
    // Spark writes a folder
    const files = [`${out}/${table}.parquet`, `${out}/${table}.parquet/*.parquet`].map(quoteText);
    const found = await db.rows(`SELECT file FROM glob(${files[1] ?? ''})`);
    const [row] = await db.rows(
      `SELECT CAST(COUNT(*) AS VARCHAR) || ' (' || CAST(SUM(HASH(user_id || '|' || cut_ms || '|' || label)) AS VARCHAR) || ')' AS rows
       FROM read_parquet(${(found.length > 0 ? files[1] : files[0]) ?? ''})`,
    );
    parts.push(`${table} ${row?.['rows'] as string}`);
  }
  await db.close();
  return parts.join(', ');
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'airtempo-bench-churn-'));
  try {
    const logs = path.join(folder, 'logs');
    const users = Math.ceil(Number(flags.events) / EVENTS_A_USER);
    const spec = parseGeneratorSpec({ preset: 'signal', users });
    const { rows: events } = await writeData(spec, await createFolderSink(logs));
    const samples: Record<Side, ChildCost[]> = { plain: [], ours: [], spark: [], train: [] };
    const fingerprints = new Map<string, Side>();
    let features = '';
    for (let turn = 0; turn < Number(flags.turns); turn += 1) {
      for (const side of ['plain', 'ours', ...(flags.spark ? (['spark'] as const) : [])] as const) {
        const out = await mkdtemp(path.join(folder, `${side}-`));
        samples[side].push(await measure(side, logs, out));
        fingerprints.set(await readFingerprint(out), side);
        if (side === 'ours') features = out;
        else await rm(out, { recursive: true });
      }
    }
    if (fingerprints.size !== 1) throw new Error(`the sides disagree: ${JSON.stringify([...fingerprints])}`);
    for (let turn = 0; flags.train && turn < Number(flags['train-turns']); turn += 1) {
      samples.train.push(await measure('train', features, path.join(folder, `model-${String(turn)}`)));
    }
    report({ events, users, rows: [...fingerprints.keys()][0] ?? '' }, samples);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function report(facts: object, samples: Readonly<Record<Side, readonly ChildCost[]>>): void {
  const middle = (side: Side, pick: (sample: ChildCost) => number): number =>
    round(median(samples[side].map(pick)));
  const limit = middle('plain', ({ cpuS }) => cpuS);
  const sides = (Object.keys(samples) as Side[]).filter((side) => samples[side].length > 0);
  const result = sides.map((side) => {
    const cpuS = middle(side, (sample) => sample.cpuS);
    const wallS = middle(side, (sample) => sample.wallS);
    // the training has no limit to be held against
    const overPlain = side === 'train' ? {} : { overPlain: round(cpuS / limit) };
    return { side, turns: samples[side].length, cpuS, wallS, ...overPlain };
  });
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...facts, result, turns: samples })}\n`);
  else {
    console.log(facts);
    console.table(result);
  }
}

if (flags.help) process.stdout.write(USAGE);
else if (flags.child === 'ours') await runOurs(flags.logs, flags.out);
else if (flags.child === 'plain') await runPlain(flags.logs, flags.out);
else await main();
