/**
 * What has been submitted, in memory: nothing of it survives the process. Ended statements go after 24 hours, and the
 * oldest of too many; client tokens are known for 8 hours.
 */
import { isDeepStrictEqual } from 'node:util';

import { ServiceError } from '../aws/service-error.js';
import { type Part, SubmittedStatement, type Submission } from './submitted-statement.js';

export interface StatementStoreOptions {
  readonly now: () => Date;
  /** Statements that have not ended, of all callers. */
  readonly maxActive: number;
  /** Statements kept, results and all. */
  readonly maxKept: number;
}

const HOUR_MS = 3_600_000;
/** How long the service keeps statements and their results. */
const KEEP_MS = 24 * HOUR_MS;
/** How long it knows a client token. */
const TOKEN_MS = 8 * HOUR_MS;

interface TokenUse {
  readonly statement: SubmittedStatement;
  /** What was asked under the token, the token aside. */
  readonly input: object;
}

/** A statement, and the part of it that an id such as `…:2` names. */
export interface FoundStatement {
  readonly statement: SubmittedStatement;
  readonly part: Part | undefined;
}

export class StatementStore {
  readonly #options: StatementStoreOptions;
  readonly #statements = new Map<string, SubmittedStatement>();
  readonly #tokens = new Map<string, TokenUse>();

  constructor(options: StatementStoreOptions) {
    this.#options = options;
  }

  /**
   * The statement that was submitted under the same token, or a new one. A token that was used for something else is
   * refused.
   */
  submit(
    submission: Submission,
    token: string | undefined,
    input: object,
  ): { readonly statement: SubmittedStatement; readonly isNew: boolean } {
    this.#forgetOld();
    const key = token === undefined ? undefined : JSON.stringify([submission.owner, token]);
    const before = key === undefined ? undefined : this.#tokens.get(key);
    if (before !== undefined) {
      if (!isDeepStrictEqual(before.input, input)) {
        throw new ServiceError('ValidationException', 'The client token was used with other parameters.');
      }
      return { statement: before.statement, isNew: false };
    }
    this.#checkActive();
    const statement = new SubmittedStatement(submission, this.#options.now);
    this.#statements.set(statement.id, statement);
    if (key !== undefined) this.#tokens.set(key, { statement, input });
    return { statement, isNew: true };
  }

  /** Finds by id, for its owner only. @throws ServiceError ResourceNotFoundException */
  find(id: string, owner: string): FoundStatement {
    this.#forgetOld();
    const [base = '', number] = id.split(':');
    const statement = this.#statements.get(base);
    const part =
      number === undefined || statement?.submission.isBatch !== true
        ? undefined
        : statement.parts[Number(number) - 1];
    if (statement?.submission.owner !== owner || (number !== undefined && part === undefined)) {
      throw new ServiceError('ResourceNotFoundException', 'Query does not exist.', {
        members: { ResourceId: id },
      });
    }
    return { statement, part };
  }

  /** Those of one owner, the latest first. */
  list(owner: string): readonly SubmittedStatement[] {
    this.#forgetOld();
    return [...this.#statements.values()].filter(({ submission }) => submission.owner === owner).toReversed();
  }

  /** Those that have not ended. */
  active(): readonly SubmittedStatement[] {
    return [...this.#statements.values()].filter(({ ended }) => !ended);
  }

  #checkActive(): void {
    const { maxActive } = this.#options;
    if (this.active().length < maxActive) return;
    throw new ServiceError(
      'ActiveStatementsExceededException',
      `Active statements exceeded the allowed quota (${maxActive}).`,
    );
  }

  #forgetOld(): void {
    const now = this.#options.now().getTime();
    for (const [key, { statement }] of this.#tokens) {
      if (statement.createdAt.getTime() <= now - TOKEN_MS) this.#tokens.delete(key);
    }
    // In the order of submission: the oldest come first.
    for (const [id, statement] of this.#statements) {
      const expired = statement.createdAt.getTime() <= now - KEEP_MS;
      if (statement.ended && (expired || this.#statements.size > this.#options.maxKept)) {
        this.#statements.delete(id);
      }
    }
  }
}
