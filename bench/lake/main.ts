/**
 * bench/lake: raw JSON → the tables of the lake as zstd Parquet, a file a day, by the code of local_data_lake; against plain
 * DuckDB with the same SELECTs and a COPY for each table, and with --spark against the Spark job on this machine. The same
 * generated events, in turns, CPU seconds of each process with its children. Linux only.
 * Usage: npx tsx bench/lake/main.ts [--events 1000000] [--turns 5] [--spark] [--json]
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDuckDb, quoteText } from '../../connections/duckdb/duckdb.js';
import { createFolderSink } from '../../generator/sinks/folder.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { type ChildCommand, type ChildCost, measureChild } from '../support/measure-child.js';
import { median } from '../support/median.js';
import { PERIOD, runOurs } from './ours.js';
import { runPlain } from './plain.js';

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    turns: { type: 'string', default: '5' },
    spark: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    child: { type: 'string' },
    data: { type: 'string', default: '' },
    lake: { type: 'string', default: '' },
  },
});

/** Of the preset, over its 61 days. */
const EVENTS_A_USER = 1_150;

type Side = 'ours' | 'plain' | 'spark';

async function makeData(folder: string): Promise<number> {
  const users = Math.ceil(Number(flags.events) / EVENTS_A_USER);
  const spec = parseGeneratorSpec({ preset: 'faithful', users });
  const { rows } = await writeData(spec, await createFolderSink(path.join(folder, 'logs')));
  for await (const { key, body } of createSampleData({ days: 1 }).files()) {
    if (!key.startsWith('song_data/')) continue;
    const file = path.join(folder, 'songs', path.basename(key));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
  }
  return rows;
}

async function commandOf(side: Side, data: string, lake: string): Promise<ChildCommand> {
  if (side !== 'spark') {
    const self = fileURLToPath(import.meta.url);
    return [
      process.execPath,
      ['--import', 'tsx', self, '--child', side, '--data', data, '--lake', lake],
      process.env,
    ];
  }
  const { sparkSubmit, env } = await ensureSpark();
  const from = ['--songs', path.join(data, 'songs'), '--logs', path.join(data, 'logs')];
  const how = ['--master=local[2]', '--driver-memory=2g', '--conf=spark.ui.enabled=false'];
  const job = ['spark/lake_etl.py', ...from, '--lake', lake, '--from', PERIOD.from, '--to', PERIOD.to];
  return [sparkSubmit, [...how, ...job], { ...process.env, ...env }];
}

/** One side in a process of its own, into a lake of its own. */
async function measure(side: Side, folder: string): Promise<ChildCost> {
  const lake = await mkdtemp(path.join(folder, `${side}-`));
  const cost = await measureChild(side, await commandOf(side, folder, lake));
  counts[side] = await countRows(lake);
  await rm(lake, { recursive: true });
  return cost;
}

const counts: Partial<Record<Side, string>> = {};

/** What a lake holds: equal for all sides, or the comparison is void. */
async function countRows(lake: string): Promise<string> {
  const db = await openDuckDb();
  const parts: string[] = [];
  for (const table of ['events', 'songplays', 'time', 'users', 'songs', 'artists']) {
    const [row] = await db.rows(
      `SELECT COUNT(*) AS n FROM read_parquet(${quoteText(`${lake}/${table}/**/*.parquet`)})`,
    );
    parts.push(`${table} ${String(Number(row?.['n']))}`);
  }
  await db.close();
  return parts.join(', ');
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'airtempo-bench-lake-'));
  try {
    const rows = await makeData(folder);
    process.stderr.write(`${String(rows)} events\n`);
    const samples: Record<Side, ChildCost[]> = { ours: [], plain: [], spark: [] };
    for (let turn = 0; turn < Number(flags.turns); turn += 1) {
      for (const side of ['plain', 'ours'] as const) samples[side].push(await measure(side, folder));
    }
    if (flags.spark) samples.spark.push(await measure('spark', folder));
    const distinct = new Set(Object.values(counts));
    if (distinct.size > 1) throw new Error(`the sides disagree: ${JSON.stringify(counts)}`);
    report(rows, samples);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function report(events: number, samples: Readonly<Record<Side, readonly ChildCost[]>>): void {
  const sides = (Object.keys(samples) as Side[]).filter((side) => samples[side].length > 0);
  const cpu = Object.fromEntries(sides.map((side) => [side, median(samples[side].map((each) => each.cpuS))]));
  const result = sides.map((side) => ({
    side,
    cpuS: Number((cpu[side] ?? 0).toFixed(2)),
    wallS: Number(median(samples[side].map((each) => each.wallS)).toFixed(2)),
    ratio: Number(((cpu[side] ?? 0) / (cpu['plain'] ?? 1)).toFixed(2)),
  }));
  if (flags.json) process.stdout.write(`${JSON.stringify({ events, rows: counts.ours, result })}\n`);
  else {
    process.stdout.write(`${String(events)} events; ${counts.ours ?? ''}\n`);
    for (const { side, cpuS, wallS, ratio } of result) {
      process.stdout.write(
        `${side.padEnd(6)} ${cpuS.toFixed(2).padStart(8)} CPU s ${wallS.toFixed(2).padStart(8)} s ${ratio.toFixed(2).padStart(6)} × plain\n`,
      );
    }
  }
}

if (flags.child === 'ours') await runOurs(flags.data, flags.lake);
else if (flags.child === 'plain') await runPlain(flags.data, flags.lake);
else await main();
