/**
 * bench/load: S3 → COPY → star, against the limit: `psql \copy` of the same rows as CSV and the same statements, on
 * the same servers, in the same run, in turns. Prints a table, or JSON with --json.
 * Usage: npx tsx bench/load/main.ts [--events 1000000] [--reps 3] [--gzip] [--data FOLDER] [--json]
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import { startStack } from '../../local/stack.js';
import { median, round } from '../support/median.js';
import { writeBenchData } from './data.js';
import { readBaseData } from './events.js';
import { hasPsql, type LimitInput, runPipe, spawnPsql } from './limit.js';
import { measure, type Sample, type Usage } from './measure.js';
import { type OursInput, runOurs } from './ours.js';
import { schemaStatements } from './star.js';

const BUCKET = 'bench-load';
const TABLES = ['staging_events', 'staging_songs', 'songplays', 'users', 'songs', 'artists', 'time'];
/** Holds passwords, hence the environment and not an argument. */
const CHILD_INPUT = 'AIRTEMPO_BENCH_LOAD';

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    reps: { type: 'string', default: '3' },
    gzip: { type: 'boolean', default: false },
    data: { type: 'string', default: process.env['AIRTEMPO_DATA'] ?? '../shared/data' },
    json: { type: 'boolean', default: false },
    child: { type: 'string' },
  },
});

/** Empty tables, and no vacuum or statistics that would be charged to whoever runs just then. */
async function resetTables(postgres: Connection): Promise<void> {
  const session = await connectSql(postgres);
  await session.query(`DROP TABLE IF EXISTS ${TABLES.join(', ')}`);
  await session.transact(await schemaStatements());
  for (const table of TABLES) await session.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  await session.close();
}

/** What the tables hold: equal for both sides, or the comparison is void. */
async function readFingerprint(postgres: Connection): Promise<string> {
  const session = await connectSql(postgres);
  const parts: string[] = [];
  for (const table of TABLES) {
    const { rows } = await session.query(
      `SELECT count(*) AS n, coalesce(sum(hashtextextended(t::text, 0)), 0) AS hash FROM ${table} AS t`,
    );
    parts.push(`${table} ${String(rows[0]?.['n'])} (${String(rows[0]?.['hash'])})`);
  }
  await session.close();
  return parts.join(', ');
}

function spawnSelf(side: 'ours' | 'pipe', input: OursInput | LimitInput): Promise<ChildProcess> {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--child', side];
  const env = { ...process.env, [CHILD_INPUT]: JSON.stringify(input) };
  return Promise.resolve(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env }));
}

function cpuOf({ client, postgres, s3 }: Usage): number {
  return client + postgres + s3;
}

interface Summary {
  readonly cpuS: number;
  readonly wallS: number;
  readonly loadCpuS: number;
  readonly loadClientCpuS: number;
  readonly loadPostgresCpuS: number;
  readonly loadS3CpuS: number;
  readonly starCpuS: number;
}

function summarize(samples: readonly Sample[]): Summary {
  const of = (pick: (sample: Sample) => number): number => round(median(samples.map(pick)));
  return {
    cpuS: of(({ load, star }) => cpuOf(load) + cpuOf(star)),
    wallS: of(({ load, star }) => load.wall + star.wall),
    loadCpuS: of(({ load }) => cpuOf(load)),
    loadClientCpuS: of(({ load }) => load.client),
    loadPostgresCpuS: of(({ load }) => load.postgres),
    loadS3CpuS: of(({ load }) => load.s3),
    starCpuS: of(({ star }) => cpuOf(star)),
  };
}

async function runBench(): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-bench-'));
  const stack = await startStack({
    dir: path.join(dir, 'stack'),
    services: ['postgres', 's3'],
    durable: false,
    ports: { postgres: 0, s3: 0 },
  });
  try {
    const { postgres, s3, pids } = stack;
    const base = await readBaseData(path.resolve(flags.data));
    const events = Number(flags.events);
    const data = await writeBenchData(base, { s3, bucket: BUCKET, dir, events, gzip: flags.gzip });
    const limitInput: LimitInput = { postgres, eventsCsv: data.eventsCsv, songsCsv: data.songsCsv };
    const psql = hasPsql();
    const sides = {
      ours: () => spawnSelf('ours', { postgres, s3, bucket: BUCKET }),
      limit: () => (psql ? spawnPsql(limitInput) : spawnSelf('pipe', limitInput)),
    };
    const samples = { ours: [] as Sample[], limit: [] as Sample[] };
    const fingerprints = new Set<string>();
    for (let rep = 0; rep < Number(flags.reps); rep += 1) {
      for (const side of ['ours', 'limit'] as const) {
        await resetTables(postgres);
        samples[side].push(await measure(pids, sides[side]));
        fingerprints.add(await readFingerprint(postgres));
      }
    }
    if (fingerprints.size !== 1) throw new Error(`the tables differ:\n${[...fingerprints].join('\n')}`);
    report(samples, {
      events,
      realEvents: base.real,
      gzip: flags.gzip,
      reps: Number(flags.reps),
      limit: psql ? 'psql \\copy' : 'CSV piped into COPY (psql is not installed)',
      jsonMb: Math.round(data.jsonBytes / 1_048_576),
      rows: [...fingerprints][0],
    });
  } finally {
    await stack.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function report(samples: Readonly<Record<'ours' | 'limit', readonly Sample[]>>, facts: object): void {
  const ours = summarize(samples.ours);
  const limit = summarize(samples.limit);
  const peakRssMb = Math.round(Math.max(...samples.ours.map(({ peakRssMb: peak }) => peak ?? Number.NaN)));
  const cpuRatio = round(ours.cpuS / limit.cpuS);
  const loadCpuRatio = round(ours.loadCpuS / limit.loadCpuS);
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ ...facts, ours, limit, cpuRatio, loadCpuRatio, peakRssMb, samples })}\n`,
    );
    return;
  }
  console.log(facts);
  console.table({ ours, limit });
  console.log(
    `CPU: ${String(cpuRatio)}× the limit (target: at most 2); the load alone ${String(loadCpuRatio)}×.`,
  );
  console.log(`Peak memory of our process: ${String(peakRssMb)} MB (target: under 300).`);
}

const input = process.env[CHILD_INPUT] ?? '';
// What spawnSelf wrote.
if (flags.child === 'ours') await runOurs(JSON.parse(input) as OursInput);
else if (flags.child === 'pipe') await runPipe(JSON.parse(input) as LimitInput);
else await runBench();
