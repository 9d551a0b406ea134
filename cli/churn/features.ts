/** `airtempo churn features`: events → feature tables, by DuckDB. */
import type { Command } from 'commander';
import { makeFeatures, type FeaturesSummary } from '../../activities/churn/make-features.js';
import { PROTOCOLS, type Protocol } from '../../activities/churn/features-plan.js';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb } from '../../connections/duckdb/duckdb.js';
import { AirtempoError } from '../../core/errors.js';
import { formatTable, print, printJson } from '../output.js';
import { readCount, workUntilStopped, type Tell } from './work.js';

interface FeaturesOptions {
  readonly events: string;
  readonly out: string;
  readonly protocols: string;
  readonly seed: string;
  readonly memory: string;
  readonly json?: true;
}

/** Adds the subcommand `features`. */
export function registerFeatures(churn: Command): void {
  churn
    .command('features')
    .description('make the feature tables of events; no feature looks past its cut')
    .requiredOption('--events <place>', 'a folder, a .json, .json.gz or .parquet file, or a lake')
    .option(
      '--out <folder>',
      'where e0.parquet, e1.parquet, e2.parquet and features.json go',
      'churn/features',
    )
    .option(
      '--protocols <list>',
      'e0 (as the original, leaky), e1 (matched index date), e2 (landmark)',
      'e0,e1,e2',
    )
    .option('--seed <number>', 'draws the cuts of E1', '1')
    .option('--memory <size>', 'what DuckDB may use', '2GB')
    .option('--json', 'print features.json')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo churn features --events events.json.gz
  $ airtempo churn features --events lake/ --out churn/features --protocols e1`,
    )
    .action((options: FeaturesOptions) =>
      workUntilStopped(async (signal, tell) => {
        const summary = await writeFeatures(
          {
            events: options.events,
            folder: options.out,
            protocols: parseProtocols(options.protocols),
            seed: Number(readCount('--seed', options.seed)),
            memoryLimit: options.memory,
          },
          signal,
          tell,
        );
        if (options.json === true) printJson(summary);
        else print(describe(summary, options.out));
      }),
    );
}

interface WriteRequest {
  readonly events: string;
  readonly folder: string;
  readonly protocols?: readonly Protocol[];
  readonly seed?: number;
  readonly memoryLimit?: string;
}

/** Opens a DuckDB for the length of the work. */
export async function writeFeatures(
  { events, memoryLimit = '2GB', ...options }: WriteRequest,
  signal: AbortSignal,
  tell: Tell,
): Promise<FeaturesSummary> {
  const db = await openDuckDb({ memoryLimit, signal });
  try {
    tell(`reading ${events}`);
    await createEvents(db, events, { signal });
    return await makeFeatures(db, { ...options, onProgress: tell });
  } finally {
    await db.close();
  }
}

function parseProtocols(text: string): readonly Protocol[] {
  return text.split(',').map((word) => {
    const protocol = PROTOCOLS.find((known) => known === word);
    if (protocol !== undefined) return protocol;
    throw new AirtempoError('INVALID_ARGUMENT', `--protocols ${text}: ${JSON.stringify(word)} is none of ${PROTOCOLS.join(', ')}.`);
  }); // prettier-ignore
}

function describe({ users, days, tables }: FeaturesSummary, out: string): string {
  const rows = Object.entries(tables).map(([protocol, table]) => [
    protocol,
    table.rows.toLocaleString('en-US'),
    table.churners.toLocaleString('en-US'),
    String(table.features.length),
  ]);
  return `${formatTable(['table', 'rows', 'churners', 'features'], rows)}\n\n${users.toLocaleString('en-US')} users over ${String(days)} days; in ${out}`;
}
