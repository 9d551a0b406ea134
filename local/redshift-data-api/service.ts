/** The operations of the Redshift Data API. Each answers at once, or waits as long as WaitTimeSeconds says. */
import type { Connection } from '../../core/connection.js';
import { connectSql } from '../../connections/postgres.js';
import { type CallContext, createOperation, type Operations, WrittenJson } from '../aws/operation.js';
import { ServiceError } from '../aws/service-error.js';
import { writeDescription, writeListed, writeSubmitted } from './answers.js';
import { cutPage } from './page.js';
import { checkParameters } from './prepare-statement.js';
import { describeColumn, writeLongs, writeRows } from './result-cells.js';
import {
  batchExecuteStatementInput,
  cancelStatementInput,
  describeStatementInput,
  executeStatementInput,
  getStatementResultInput,
  listDatabasesInput,
  type ListStatementsInput,
  listStatementsInput,
  type SubmissionInput,
} from './shapes.js';
import type { StatementRunner } from './statement-runner.js';
import type { FoundStatement, StatementStore } from './statement-store.js';
import type { SubmittedStatement } from './submitted-statement.js';
import { type KnownTargets, resolveTarget } from './target.js';

export interface ServiceOptions {
  readonly store: StatementStore;
  readonly runner: StatementRunner;
  readonly targets: KnownTargets;
  readonly postgres: Connection;
  /** Rows on one page of a result. */
  readonly pageRows: number;
}

const LIST_PAGE = 100;

export function createOperations(options: ServiceOptions): Operations {
  const { store, runner, targets, pageRows } = options;

  async function submit(
    input: SubmissionInput,
    sqls: readonly string[],
    isBatch: boolean,
    call: CallContext,
  ): Promise<object> {
    const target = resolveTarget(input, targets);
    const parameters = input.Parameters ?? [];
    checkParameters(sqls, parameters);
    // How long to wait is not part of what is asked.
    const { ClientToken, WaitTimeSeconds, ...asked } = input;
    const owner = call.accessKeyId;
    const { statement, isNew } = store.submit(
      { owner, target, sqls, isBatch, parameters, name: input.StatementName },
      ClientToken,
      asked,
    );
    if (isNew) void runner.run(statement);
    await waitFor(statement, WaitTimeSeconds, call);
    return writeSubmitted(statement);
  }

  return {
    ExecuteStatement: createOperation(executeStatementInput, (input, call) =>
      submit(input, [input.Sql], false, call),
    ),
    BatchExecuteStatement: createOperation(batchExecuteStatementInput, (input, call) =>
      submit(input, input.Sqls, true, call),
    ),
    DescribeStatement: createOperation(describeStatementInput, async ({ Id, WaitTimeSeconds }, call) => {
      const { statement } = store.find(Id, call.accessKeyId);
      await waitFor(statement, WaitTimeSeconds, call);
      return writeDescription(statement);
    }),
    GetStatementResult: createOperation(getStatementResultInput, async (input, call) => {
      const found = store.find(input.Id, call.accessKeyId);
      await waitFor(found.statement, input.WaitTimeSeconds, call);
      return writeResult(found, input.Id, input.NextToken, pageRows);
    }),
    CancelStatement: createOperation(cancelStatementInput, ({ Id }, call) => {
      const { statement, part } = store.find(Id, call.accessKeyId);
      if (part !== undefined) {
        throw new ServiceError('ValidationException', 'A statement of a batch cannot be cancelled alone.');
      }
      if (statement.ended) {
        throw new ServiceError(
          'ValidationException',
          `Could not cancel a query that is already in ${statement.status} state with ID: ${Id}`,
        );
      }
      statement.requestCancel();
      return { Status: true };
    }),
    ListStatements: createOperation(listStatementsInput, (input, call) => {
      const all = store.list(call.accessKeyId).filter((statement) => matches(statement, input));
      const page = cutPage(all, input.MaxResults || LIST_PAGE, input.NextToken, 'statements');
      return { Statements: page.items.map(writeListed), NextToken: page.nextToken };
    }),
    ListDatabases: createOperation(listDatabasesInput, async (input, { signal }) => {
      const { Database } = resolveTarget(input, targets);
      const session = await connectSql({ ...options.postgres, schema: Database }, { signal });
      try {
        const { rows } = await session.query<{ name: string }>(
          'SELECT datname AS name FROM pg_database WHERE NOT datistemplate ORDER BY datname',
        );
        const page = cutPage(rows, input.MaxResults || LIST_PAGE, input.NextToken, 'databases');
        return { Databases: page.items.map(({ name }) => name), NextToken: page.nextToken };
      } finally {
        await session.close();
      }
    }),
  };
}

/** Waits for the end, for the time that was asked for at most, or until nobody waits any more. */
async function waitFor(
  statement: SubmittedStatement,
  seconds: number | undefined,
  { signal }: CallContext,
): Promise<void> {
  if (seconds === undefined || statement.ended || signal.aborted) return;
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const timer = setTimeout(stop, seconds * 1000);
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([statement.settled, stopped]);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}

function writeResult(
  { statement, part }: FoundStatement,
  id: string,
  token: string | undefined,
  pageRows: number,
): object {
  const of = part ?? (statement.submission.isBatch ? undefined : statement.parts[0]);
  const table = statement.status === 'FINISHED' ? of?.outcome?.table : undefined;
  if (table === undefined) {
    throw new ServiceError(
      'ResourceNotFoundException',
      'Query does not have result. Please check query status with DescribeStatement.',
      { members: { ResourceId: id } },
    );
  }
  const page = cutPage(table.rows, pageRows, token, id);
  const answer = {
    Records: writeRows(table, page.items),
    ColumnMetadata: table.columns.map(describeColumn),
    TotalNumRows: table.rows.length,
    NextToken: page.nextToken,
  };
  return new WrittenJson(writeLongs(answer));
}

/** By default only finished statements are listed. */
function matches({ status, submission }: SubmittedStatement, input: ListStatementsInput): boolean {
  const { Status = 'FINISHED', StatementName = '', Database, ClusterIdentifier, WorkgroupName } = input;
  const { target, name = '' } = submission;
  return (
    (Status === 'ALL' || status === Status) &&
    name.startsWith(StatementName) &&
    (Database ?? target.Database) === target.Database &&
    (ClusterIdentifier ?? target.ClusterIdentifier) === target.ClusterIdentifier &&
    (WorkgroupName ?? target.WorkgroupName) === target.WorkgroupName
  );
}
