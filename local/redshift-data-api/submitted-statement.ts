/**
 * One call of ExecuteStatement or BatchExecuteStatement and what has become of it. It changes only forwards:
 * SUBMITTED → PICKED → STARTED → FINISHED, FAILED or ABORTED. It runs nothing itself.
 */
import { randomUUID } from 'node:crypto';

import type { Parameter } from './prepare-statement.js';
import type { StatementOutcome } from './run-statement.js';

export type Status = 'SUBMITTED' | 'PICKED' | 'STARTED' | 'FINISHED' | 'FAILED' | 'ABORTED';

/** Where and as whom a statement runs, as the client said. */
export interface Target {
  readonly ClusterIdentifier?: string | undefined;
  readonly WorkgroupName?: string | undefined;
  readonly SecretArn?: string | undefined;
  readonly DbUser?: string | undefined;
  readonly Database: string;
}

export interface Submission {
  /** The access key id of who submitted it; nobody else sees it. */
  readonly owner: string;
  readonly target: Target;
  readonly sqls: readonly string[];
  readonly isBatch: boolean;
  readonly parameters: readonly Parameter[];
  readonly name: string | undefined;
}

/** One SQL statement of a submission. */
export interface Part {
  readonly sql: string;
  status: Status;
  updatedAt: Date;
  durationMs: number;
  queryId: number;
  error?: string;
  outcome?: StatementOutcome;
}

/** What the service says of a statement that another one took down with it. */
const TAKEN_DOWN = 'Connection or an prior query failed.';

export class SubmittedStatement {
  readonly id = randomUUID();
  readonly submission: Submission;
  readonly createdAt: Date;
  readonly parts: readonly Part[];
  /** Resolves when the end is reached. */
  readonly settled: Promise<void>;
  readonly #now: () => Date;
  readonly #cancel = new AbortController();
  #settle: () => void = () => undefined;
  #status: Status = 'SUBMITTED';
  #updatedAt: Date;
  #error: string | undefined;
  #pid = 0;

  constructor(submission: Submission, now: () => Date) {
    this.submission = submission;
    this.#now = now;
    this.createdAt = now();
    this.#updatedAt = this.createdAt;
    this.parts = submission.sqls.map((sql) => ({
      sql,
      status: 'SUBMITTED',
      updatedAt: this.createdAt,
      durationMs: 0,
      queryId: 0,
    }));
    this.settled = new Promise((resolve) => (this.#settle = resolve));
  }

  get status(): Status {
    return this.#status;
  }

  get updatedAt(): Date {
    return this.#updatedAt;
  }

  get error(): string | undefined {
    return this.#error;
  }

  get pid(): number {
    return this.#pid;
  }

  get ended(): boolean {
    return this.#status === 'FINISHED' || this.#status === 'FAILED' || this.#status === 'ABORTED';
  }

  get durationMs(): number {
    return this.parts.reduce((sum, part) => sum + part.durationMs, 0);
  }

  /** Aborts when the statement is cancelled. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  pick(): void {
    this.#move('PICKED');
  }

  start(pid: number): void {
    this.#pid = pid;
    this.#move('STARTED');
  }

  beginPart(part: Part, queryId: number): void {
    part.queryId = queryId;
    part.status = 'STARTED';
    part.updatedAt = this.#now();
  }

  finishPart(part: Part, outcome: StatementOutcome, durationMs: number): void {
    Object.assign(part, {
      outcome,
      durationMs,
      status: 'FINISHED',
      updatedAt: this.#now(),
    } satisfies Partial<Part>);
  }

  finish(): void {
    this.#end('FINISHED');
  }

  /** Ends it by an error, of the part that ran or of the connection. Of a transaction no result is left. */
  fail(message: string): void {
    const index = this.parts.findIndex(({ status }) => status === 'STARTED');
    const part = this.parts[index];
    if (part !== undefined) Object.assign(part, { status: 'FAILED', error: message, updatedAt: this.#now() });
    this.#error =
      part !== undefined && this.submission.isBatch ? `Query #${index + 1} failed with ${message}` : message;
    this.#abortRest();
    this.#end('FAILED');
  }

  /** Asks for its end; `abort` follows when the database has let go. */
  requestCancel(): void {
    this.#cancel.abort(new Error('the statement was cancelled'));
  }

  abort(): void {
    this.#abortRest();
    this.#end('ABORTED');
  }

  #abortRest(): void {
    for (const part of this.parts) {
      delete part.outcome;
      if (part.status === 'FAILED') continue;
      if (part.status !== 'FINISHED') part.error = TAKEN_DOWN;
      part.status = 'ABORTED';
      part.updatedAt = this.#now();
    }
  }

  #move(status: Status): void {
    this.#status = status;
    this.#updatedAt = this.#now();
  }

  #end(status: Status): void {
    this.#move(status);
    this.#settle();
  }
}
