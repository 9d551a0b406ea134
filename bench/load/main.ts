/**
 * bench/load: S3 → COPY → star, against the limit: `psql \copy` of the same rows as CSV and the same statements, on
 * the same servers, in the same run, in turns. With --python also against the classical loader, row by row, on a sample
 * of the events. Prints a table, or JSON with --json.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import { type LocalStack, startStack } from '../../local/stack.js';
import { compareStars, findPython, spawnClassical } from './classical.js';
import { writeBenchData } from './data.js';
import { type BaseData, readBaseData } from './events.js';
import { hasPsql, type LimitInput, runPipe, spawnPsql } from './limit.js';
import { measure, type Sample } from './measure.js';
import { type OursInput, runOurs } from './ours.js';
import { type PeerResult, report } from './report.js';
import { schemaStatements } from './star.js';

const USAGE = `Usage: npx tsx bench/load/main.ts [options]
  --events N       events to load; default 1000000
  --turns N        turns of each side, of which the medians count; default 5
  --python PLACE   a Python with pandas and psycopg2-binary, or its virtual environment: runs the classical loader too
  --sample N       events that the classical loader loads, as its time grows with them; default 20000
  --gzip           objects on S3 are packed
  --data FOLDER    the real log_data and song_data; default AIRTEMPO_DATA, or ../shared/data; made-up events without them
  --json           one line of JSON
Linux only: CPU times are read from /proc.
`;
const BUCKET = 'bench-load';
const SAMPLE_BUCKET = 'bench-sample';
const TABLES = ['staging_events', 'staging_songs', 'songplays', 'users', 'songs', 'artists', 'time'];
/** Holds passwords, hence the environment and not an argument. */
const CHILD_INPUT = 'AIRTEMPO_BENCH_LOAD';

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    turns: { type: 'string', default: '5' },
    python: { type: 'string' },
    sample: { type: 'string', default: '20000' },
    gzip: { type: 'boolean', default: false },
    data: { type: 'string', default: process.env['AIRTEMPO_DATA'] ?? '../shared/data' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    child: { type: 'string' },
  },
});

const turns = Number(flags.turns);

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

type Stack = LocalStack<'postgres' | 's3'>;

/** The classical loader on a sample, and our side on the same events for a comparison of the rows. */
async function runPeer(stack: Stack, base: BaseData, dir: string, place: string): Promise<PeerResult> {
  const { postgres, s3, pids } = stack;
  const events = Number(flags.sample);
  const folder = path.join(dir, 'sample');
  await writeBenchData(base, { s3, bucket: SAMPLE_BUCKET, dir: folder, events, gzip: false, keepJson: true });
  const samples: Sample[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    samples.push(await measure(pids, () => spawnClassical(postgres, findPython(place), folder)));
  }
  await resetTables(postgres);
  await measure(pids, () => spawnSelf('ours', { postgres, s3, bucket: SAMPLE_BUCKET }));
  return { events, samples, differences: await compareStars(postgres) };
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
    const data = await writeBenchData(base, {
      s3,
      bucket: BUCKET,
      dir,
      events,
      gzip: flags.gzip,
      keepJson: false,
    });
    const limitInput: LimitInput = { postgres, eventsCsv: data.eventsCsv, songsCsv: data.songsCsv };
    const psql = hasPsql();
    const sides = {
      ours: () => spawnSelf('ours', { postgres, s3, bucket: BUCKET }),
      limit: () => (psql ? spawnPsql(limitInput) : spawnSelf('pipe', limitInput)),
    };
    const samples = { ours: [] as Sample[], limit: [] as Sample[] };
    const fingerprints = new Set<string>();
    for (let turn = 0; turn < turns; turn += 1) {
      for (const side of ['ours', 'limit'] as const) {
        await resetTables(postgres);
        samples[side].push(await measure(pids, sides[side]));
        fingerprints.add(await readFingerprint(postgres));
      }
    }
    if (fingerprints.size !== 1) throw new Error(`the tables differ:\n${[...fingerprints].join('\n')}`);
    const facts = {
      events,
      realEvents: base.real,
      gzip: flags.gzip,
      turns,
      limitBy: psql ? 'psql \\copy' : 'CSV piped into COPY (psql is not installed)',
      jsonMb: Math.round(data.jsonBytes / 1_048_576),
      rows: [...fingerprints][0],
    };
    const peer = flags.python === undefined ? {} : { peer: await runPeer(stack, base, dir, flags.python) };
    report({ facts, events, ...samples, ...peer }, flags.json);
  } finally {
    await stack.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

const input = process.env[CHILD_INPUT] ?? '';
// What spawnSelf wrote.
if (flags.help) process.stdout.write(USAGE);
else if (flags.child === 'ours') await runOurs(JSON.parse(input) as OursInput);
else if (flags.child === 'pipe') await runPipe(JSON.parse(input) as LimitInput);
else await runBench();
