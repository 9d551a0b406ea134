/**
 * The calls of the Redshift Data API that airtempo makes, each with its failure in our words. Knows one call at a time:
 * what belongs together is the session's business.
 */
import { Readable } from 'node:stream';
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  type DescribeStatementCommandOutput,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import type { Connection } from '../../core/connection.js';
import { mapAwsError, readAwsFailure } from '../aws-errors.js';
import { resolveAwsConfig } from '../aws.js';
import type { SqlRow } from '../sql/client.js';
import type { DataRequest } from './request.js';
import { keepLongs, readRecords } from './rows.js';
import type { RedshiftDataTarget } from './target.js';

const SERVICE = 'Redshift Data API';
/** The longest that the service lets a call wait. Long polls save requests, and tell the end of a statement at once. */
const LONG_POLL_S = 30;
/** How long a goodbye may take; the statement's owner is being stopped. */
const CANCEL_TIMEOUT_MS = 10_000;

export interface RedshiftDataApi {
  /** Hands statements over, a list of them as one transaction, and returns the id. Not aborted: the id must not be lost. */
  submit(request: DataRequest, token: string): Promise<string>;
  /** Waits until the statement has ended, for half a minute at most. `undefined`: the service knows it no longer. */
  describe(
    id: string,
    options: { readonly signal?: AbortSignal | undefined; readonly wait: boolean },
  ): Promise<DescribeStatementCommandOutput | undefined>;
  /** All pages of a result. */
  readResult(id: string, signal?: AbortSignal): Promise<readonly SqlRow[]>;
  /** Asks the service to stop the statement. Never rejects: it may have ended meanwhile. */
  cancel(id: string): Promise<void>;
  close(): void;
}

function createClient(aws: Connection): RedshiftDataClient {
  const client = new RedshiftDataClient(resolveAwsConfig(aws, 'redshift-data'));
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args);
        if (commandName === 'GetStatementResultCommand') await keepLongsOf(result.response);
        return result;
      },
    { step: 'deserialize', priority: 'low', name: 'keepLongs' },
  );
  return client;
}

/** Replaces the answer's body before the SDK reads its numbers. */
async function keepLongsOf(response: unknown): Promise<void> {
  if (typeof response !== 'object' || response === null || !('body' in response)) return;
  const { body } = response;
  if (!(body instanceof Readable)) return;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer); // an HTTP body gives bytes
  response.body = Readable.from([Buffer.from(keepLongs(Buffer.concat(chunks).toString('utf8')))]);
}

/** The calls, for one cluster or workgroup, as the identity of `aws`. */
export function createRedshiftDataApi(aws: Connection, target: RedshiftDataTarget): RedshiftDataApi {
  const client = createClient(aws);

  async function call<T>(action: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw mapAwsError(error, aws, { service: SERVICE, action });
    }
  }

  return {
    submit: async ({ sqls, parameters }, token) => {
      const common = {
        ...target,
        ClientToken: token,
        ...(parameters.length === 0 ? {} : { Parameters: [...parameters] }),
      };
      const [only] = sqls;
      const one = sqls.length === 1 && only !== undefined;
      const action = one ? 'ExecuteStatement' : 'BatchExecuteStatement';
      const { Id: id } = await call(action, () =>
        one
          ? client.send(new ExecuteStatementCommand({ ...common, Sql: only }))
          : client.send(new BatchExecuteStatementCommand({ ...common, Sqls: [...sqls] })),
      );
      if (id !== undefined) return id;
      throw mapAwsError(new Error('the answer has no Id'), aws, { service: SERVICE, action });
    },
    describe: async (id, { signal, wait }) =>
      call(
        'DescribeStatement',
        async () => {
          const command = { Id: id, ...(wait ? { WaitTimeSeconds: LONG_POLL_S } : {}) };
          try {
            return await client.send(new DescribeStatementCommand(command), toAbort(signal));
          } catch (error) {
            if (readAwsFailure(error).name === 'ResourceNotFoundException') return undefined;
            throw error;
          }
        },
        signal,
      ),
    readResult: (id, signal) =>
      call(
        'GetStatementResult',
        async () => {
          const rows: SqlRow[] = [];
          let token: string | undefined;
          do {
            const command = new GetStatementResultCommand({
              Id: id,
              ...(token === undefined ? {} : { NextToken: token }),
            });
            const page = await client.send(command, toAbort(signal));
            rows.push(...readRecords(page.Records ?? [], page.ColumnMetadata ?? []));
            token = page.NextToken;
          } while (token !== undefined && token !== '');
          return rows;
        },
        signal,
      ),
    cancel: async (id) => {
      const abortSignal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
      await client.send(new CancelStatementCommand({ Id: id }), { abortSignal }).catch(() => undefined);
    },
    close: () => client.destroy(),
  };
}

function toAbort(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** Whether the service refuses a long poll because too many of them are waiting; asking without waiting is allowed. */
export function isTooManyWaiting(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return readAwsFailure(cause).name === 'ActiveWaitingRequestsExceededException';
}
