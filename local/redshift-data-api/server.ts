/**
 * A local Redshift Data API: the service's protocol on loopback, Postgres standing in for Redshift. State is in memory;
 * docs/redshift-data-api.md lists what it does not do.
 */
import type { Connection } from '../../core/connection.js';
import type { FaultPlan } from '../aws/faults.js';
import { type AwsJsonServer, startAwsJsonServer } from '../aws/json-server.js';
import type { FindAccessKey } from '../aws/signature.js';
import { createOperations } from './service.js';
import { createStatementRunner } from './statement-runner.js';
import { StatementStore } from './statement-store.js';
import { type KnownTargets, LOCAL_TARGETS } from './target.js';

export { LOCAL_TARGETS } from './target.js';

export interface RedshiftDataApiOptions {
  /** Where statements run; each call names its database. */
  readonly postgres: Connection;
  /** Where COPY reads: what an IAM role of the cluster opens. */
  readonly s3: Connection;
  readonly findKey: FindAccessKey;
  readonly region: string;
  /** 0 or none: any free port. */
  readonly port?: number;
  /** The names it answers to; `airtempo-local` by default. */
  readonly targets?: KnownTargets;
  /** Whether COPY may carry keys in its text; false by default. */
  readonly allowInlineKeys?: boolean;
  /** Statements that have not ended before ActiveStatementsExceededException; 200 by default. */
  readonly maxActive?: number;
  /** Statements that run at once; 8 by default. */
  readonly slots?: number;
  /** Rows on a page of a result; 1,000 by default. */
  readonly pageRows?: number;
  /** Bytes of a result; 100 MB by default, as it is kept in memory. */
  readonly maxResultBytes?: number;
  readonly onUnexpectedError?: (error: unknown, operation: string) => void;
  readonly now?: () => Date;
  /** For tests only. */
  readonly faults?: FaultPlan;
}

const MAX_KEPT = 1_000;
/** 40 statements of 100 KB, and what JSON makes of their quotes. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Starts the service. `stop` cancels what runs and waits until Postgres has let go. */
export async function startRedshiftDataApi(options: RedshiftDataApiOptions): Promise<AwsJsonServer> {
  const now = options.now ?? (() => new Date());
  const store = new StatementStore({ now, maxActive: options.maxActive ?? 200, maxKept: MAX_KEPT });
  const runner = createStatementRunner({
    postgres: options.postgres,
    s3: options.s3,
    allowInlineKeys: options.allowInlineKeys ?? false,
    slots: options.slots ?? 8,
    maxResultBytes: options.maxResultBytes ?? 100_000_000,
  });
  const server = await startAwsJsonServer(
    {
      service: 'redshift-data',
      targetPrefix: 'RedshiftData',
      region: options.region,
      findKey: options.findKey,
      maxBodyBytes: MAX_BODY_BYTES,
      now,
      operations: createOperations({
        store,
        runner,
        targets: options.targets ?? LOCAL_TARGETS,
        postgres: options.postgres,
        pageRows: options.pageRows ?? 1_000,
      }),
      ...(options.onUnexpectedError === undefined ? {} : { onUnexpectedError: options.onUnexpectedError }),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    },
    options.port ?? 0,
  );
  return {
    ...server,
    async stop() {
      await server.stop();
      const active = store.active();
      for (const statement of active) statement.requestCancel();
      await Promise.all(active.map(({ settled }) => settled));
    },
  };
}
