/** The operator `run_insights`: the insights over event data, as a folder of tables and a report, put in place as a whole. */
import { z } from 'zod';
import { describeFiles, describeObjects, describeTable } from '../connections/datasets.js';
import type { S3Storage } from '../connections/s3.js';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import { AirtempoError } from '../core/errors.js';
import type { Dataset } from '../core/lineage.js';
import { chooseInsights } from '../insights/catalog/index.js';
import type { Warehouse } from '../insights/events/open-warehouse.js';
import { FORMATS, type Format } from '../insights/tables.js';

export interface RunInsightsArgs {
  /**
   * A folder, a .json, .json.gz or .parquet file, a lake, or `s3://bucket/prefix/`. Paths are those of the worker.
   * Default: staging_events of the warehouse `connId`.
   */
  readonly source?: string | undefined;
  /** A folder of the worker: new, empty, or of an earlier report, which is replaced. */
  readonly out: string;
  /** Of type aws or s3 for a source on S3; of type redshift or postgres without a source. */
  readonly connId?: string | undefined;
  /** Numbers or ids of insights. Default: all. */
  readonly only?: readonly string[] | undefined;
  /** Of the tables. Default `['csv']`. */
  readonly formats?: readonly Format[] | undefined;
  /** Events before this instant only, as ISO 8601. Default: all. */
  readonly until?: string | undefined;
  /** Of DuckDB, such as `2GB`; what does not fit is put on disk. Default `1GB`. */
  readonly memoryLimit?: string | undefined;
}

export interface RunInsightsOutput {
  /** Path of report.html on the worker. */
  readonly report: string;
  readonly events: number;
  readonly badRecords: number;
  /** Id of an insight → what it has found. */
  readonly findings: Readonly<Record<string, readonly string[]>>;
}

const argsSchema: z.ZodType<RunInsightsArgs> = z.strictObject({
  source: z.string().min(1).optional(),
  out: z.string().min(1),
  connId: z.string().min(1).optional(),
  only: z.array(z.string().min(1)).min(1).readonly().optional(),
  formats: z.array(z.enum(FORMATS)).min(1).readonly().optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  memoryLimit: z.string().min(1).optional(),
});

const isOnS3 = (source: string): boolean => /^s3[an]?:\/\//.test(source);

/**
 * Computes the insights. The same data gives the same bytes, and a try that was interrupted leaves the folder as it was.
 * Errors: SOURCE_NOT_FOUND, INVALID_ARGUMENT (an unknown insight, or a folder with other files), INVALID_ARGS, SQL_FAILED.
 */
export const runInsights = operator<RunInsightsArgs, RunInsightsOutput>(
  'run_insights',
  async ({ args, ctx }) => {
    const { source, out, only, formats = ['csv'], until, memoryLimit } = args;
    const insights = chooseInsights(only);
    const from = source ?? (await findWarehouse(args, ctx));
    ctx.lineage({ inputs: [describeSource(from)], outputs: [describeFiles(out)] });
    const storage = await openStorage(args, ctx);
    try {
      // DuckDB and Vega are large: workers that never report do without
      const { produceInsights } = await import('../insights/produce.js');
      const result = await produceInsights(from, out, {
        insights,
        formats,
        memoryLimit,
        until: until === undefined ? undefined : new Date(until),
        storage,
        signal: ctx.signal,
        onProgress: (text, done, total) => ctx.heartbeat({ text, done, total }),
      });
      ctx.log.info({ report: result.report, events: result.events }, 'the report is in place');
      return {
        report: result.report,
        events: result.events,
        badRecords: result.badRecords,
        findings: Object.fromEntries(result.insights.map(({ id, findings }) => [id, findings])),
      };
    } finally {
      storage?.close();
    }
  },
  {
    args: argsSchema,
    summary: ({ source }) => `computes insights into ${source ?? 'event data'}`,
  },
);

async function findWarehouse({ connId }: RunInsightsArgs, ctx: TaskContext): Promise<Warehouse> {
  if (connId === undefined) {
    throw new AirtempoError(
      'INVALID_ARGS',
      'There is no source: give it, or connId, a connection of type redshift or postgres.',
    );
  }
  return { connection: await ctx.connection(connId), findConnection: (id) => ctx.connection(id) };
}

function describeSource(from: string | Warehouse): Dataset {
  if (typeof from !== 'string') return describeTable(from.connection, 'staging_events');
  return isOnS3(from) ? describeObjects(from) : describeFiles(from);
}

async function openStorage(
  { source, connId }: RunInsightsArgs,
  ctx: TaskContext,
): Promise<S3Storage | undefined> {
  if (source === undefined || !isOnS3(source)) return undefined;
  if (connId === undefined) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `${source} is on S3: give connId, a connection of type aws or s3.`,
    );
  }
  const { connectS3 } = await import('../connections/s3.js');
  return connectS3(await ctx.connection(connId));
}
