/** Runs SQL files with a real Spark by spark/run_sql.py and reads the results: one spark-submit, however many files. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import type { JsonValue } from '../../core/json.js';

export type Rows = readonly Readonly<Record<string, JsonValue>>[];

/** So little data is not worth compiling for, nor 200 partitions. */
export const LITTLE_DATA = [
  '--master=local[2]',
  '--driver-memory=1g',
  '--conf=spark.ui.enabled=false',
  '--conf=spark.sql.shuffle.partitions=2',
  '--conf=spark.sql.codegen.wholeStage=false',
  '--driver-java-options=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
];

/** The rows of each file below sql/, by its path. */
export async function runSqlOnSpark(options: {
  readonly events: string;
  readonly songs?: string;
  readonly files: readonly string[];
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  /** A folder for the results. */
  readonly output: string;
}): Promise<{ readonly results: Readonly<Record<string, Rows>>; readonly counts: JsonValue }> {
  const spark = await ensureSpark();
  const { events, songs, files, parameters = {}, output } = options;
  const job = [
    'spark/run_sql.py',
    '--events',
    events,
    '--parameters',
    JSON.stringify(parameters),
    '--output',
    output,
  ];
  const args = [...LITTLE_DATA, ...job, ...(songs === undefined ? [] : ['--songs', songs]), ...files];
  const { stdout } = await promisify(execFile)(spark.sparkSubmit, args, {
    env: { ...process.env, ...spark.env },
    maxBuffer: 2 ** 26,
  });
  const read = async (file: string): Promise<readonly [string, Rows]> => {
    const text = await readFile(path.join(output, `${path.basename(file, '.sql')}.json`), 'utf8');
    return [file, text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])) as Rows];
  };
  return {
    results: Object.fromEntries(await Promise.all(files.map(read))),
    counts: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as JsonValue,
  };
}

/** Rows in an order of their own, numbers to twelve digits: what two engines have to agree on. */
export function comparable(rows: Rows): readonly string[] {
  const round = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(12)) : value;
  return rows.map((row) => JSON.stringify(row, round)).toSorted();
}
