/** The outputs of the operations, in the members that the service documents. Times are seconds since 1970. */
import { toEpochSeconds } from '../aws/timestamp.js';
import { measureResult } from './result-cells.js';
import type { Part, SubmittedStatement } from './submitted-statement.js';

const NS_PER_MS = 1_000_000;

export function writeSubmitted(statement: SubmittedStatement): object {
  return {
    Id: statement.id,
    CreatedAt: toEpochSeconds(statement.createdAt),
    Status: statement.status,
    HasResultSet: hasResultSet(statement),
    ...statement.submission.target,
  };
}

/** A batch has no result of its own: its parts have. */
function hasResultSet({ submission, parts }: SubmittedStatement): boolean {
  return submission.isBatch
    ? parts.some(({ outcome }) => outcome?.table !== undefined)
    : parts[0]?.outcome?.table !== undefined;
}

function writeOutcome({ outcome, durationMs, queryId }: Part): object {
  return {
    Duration: Math.round(durationMs * NS_PER_MS),
    ResultRows: outcome?.resultRows ?? -1,
    ResultSize: outcome?.table === undefined ? 0 : measureResult(outcome.table),
    HasResultSet: outcome?.table !== undefined,
    RedshiftQueryId: queryId,
  };
}

function writeSubStatement(statement: SubmittedStatement, part: Part, index: number): object {
  return {
    Id: `${statement.id}:${index + 1}`,
    CreatedAt: toEpochSeconds(statement.createdAt),
    UpdatedAt: toEpochSeconds(part.updatedAt),
    Status: part.status,
    QueryString: part.sql,
    ...(part.error === undefined ? {} : { Error: part.error }),
    ...writeOutcome(part),
  };
}

export function writeDescription(statement: SubmittedStatement): object {
  const { submission, parts } = statement;
  const [only] = parts;
  return {
    Id: statement.id,
    Status: statement.status,
    CreatedAt: toEpochSeconds(statement.createdAt),
    UpdatedAt: toEpochSeconds(statement.updatedAt),
    RedshiftPid: statement.pid,
    ResultFormat: 'JSON',
    ...submission.target,
    ...(statement.error === undefined ? {} : { Error: statement.error }),
    ...(submission.parameters.length === 0 ? {} : { QueryParameters: submission.parameters }),
    ...(submission.isBatch || only === undefined
      ? {
          Duration: Math.round(statement.durationMs * NS_PER_MS),
          HasResultSet: hasResultSet(statement),
          ResultRows: -1,
          ResultSize: -1,
          RedshiftQueryId: 0,
          ExecutionMode: 'TRANSACTION',
          SubStatements: parts.map((part, index) => writeSubStatement(statement, part, index)),
        }
      : { QueryString: only.sql, ...writeOutcome(only) }),
  };
}

export function writeListed(statement: SubmittedStatement): object {
  const { submission } = statement;
  return {
    Id: statement.id,
    Status: statement.status,
    CreatedAt: toEpochSeconds(statement.createdAt),
    UpdatedAt: toEpochSeconds(statement.updatedAt),
    IsBatchStatement: submission.isBatch,
    ResultFormat: 'JSON',
    ...(submission.isBatch ? { QueryStrings: submission.sqls } : { QueryString: submission.sqls[0] }),
    ...(submission.name === undefined ? {} : { StatementName: submission.name }),
    ...(submission.target.SecretArn === undefined ? {} : { SecretArn: submission.target.SecretArn }),
    ...(submission.parameters.length === 0 ? {} : { QueryParameters: submission.parameters }),
  };
}
