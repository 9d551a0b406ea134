/** The inputs of the operations and their rules, as the service documents them. Outputs are written by `answers.ts`. */
import { z } from 'zod';

/** Members that the service has and the stand-in has not: refused rather than ignored. */
function absent(name: string): z.ZodOptional<z.ZodType<undefined>> {
  return z
    .custom<undefined>(
      (value) => value === undefined,
      `${name} is not supported by Postgres standing in for Redshift`,
    )
    .optional();
}

const MAX_SQL_BYTES = 100 * 1024;
export const MAX_BATCH = 40;

const sql = z
  .string()
  .min(1, 'Member must have length greater than or equal to 1')
  .refine((text) => Buffer.byteLength(text) <= MAX_SQL_BYTES, {
    error: `Member must have at most ${MAX_SQL_BYTES} bytes`,
  });
const id = z
  .string()
  .regex(/^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d+)?$/, 'Member must be the id of a statement');
const waitTime = z.int().min(1).max(30).optional();
const parameters = z
  .array(z.object({ name: z.string().regex(/^[A-Za-z][\w]*$/), value: z.string().min(1) }))
  .min(1)
  .optional();

const target = {
  ClusterIdentifier: z.string().min(1).max(63).optional(),
  WorkgroupName: z.string().min(3).max(128).optional(),
  SecretArn: z
    .string()
    .regex(/^arn:aws[\w-]*:secretsmanager:/, 'Member must be the ARN of a secret')
    .optional(),
  DbUser: z.string().min(1).optional(),
  Database: z.string().min(1).optional(),
};

const submission = {
  ...target,
  StatementName: z.string().max(500).optional(),
  Parameters: parameters,
  ClientToken: z.string().min(1).max(64).optional(),
  WaitTimeSeconds: waitTime,
  WithEvent: z.literal(false, { error: 'There is no EventBridge here: member must be false' }).optional(),
  ResultFormat: z.literal('JSON', { error: 'Only JSON is supported here' }).optional(),
  SessionId: absent('SessionId'),
  SessionKeepAliveSeconds: absent('SessionKeepAliveSeconds'),
};

export const executeStatementInput = z.object({ ...submission, Sql: sql });
export const batchExecuteStatementInput = z.object({
  ...submission,
  Sqls: z.array(sql).min(1).max(MAX_BATCH, `Member must have at most ${MAX_BATCH} statements`),
  ExecutionMode: z.literal('TRANSACTION', { error: 'Only TRANSACTION is supported here' }).optional(),
});
export const describeStatementInput = z.object({ Id: id, WaitTimeSeconds: waitTime });
export const getStatementResultInput = describeStatementInput.extend({ NextToken: z.string().optional() });
export const cancelStatementInput = z.object({ Id: id });
export const listStatementsInput = z.object({
  NextToken: z.string().optional(),
  MaxResults: z.int().min(0).max(100).optional(),
  StatementName: z.string().optional(),
  Status: z.enum(['SUBMITTED', 'PICKED', 'STARTED', 'FINISHED', 'FAILED', 'ABORTED', 'ALL']).optional(),
  Database: z.string().optional(),
  ClusterIdentifier: z.string().optional(),
  WorkgroupName: z.string().optional(),
});
export const listDatabasesInput = z.object({
  ...target,
  NextToken: z.string().optional(),
  MaxResults: z.int().min(0).max(1000).optional(),
});

export type SubmissionInput =
  z.output<typeof executeStatementInput> | z.output<typeof batchExecuteStatementInput>;
export type TargetInput = Pick<SubmissionInput, keyof typeof target>;
export type ListStatementsInput = z.output<typeof listStatementsInput>;
