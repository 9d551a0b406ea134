/** One operation of a service: the shape of its input, checked, and what it does. It knows nothing of HTTP. */
import type { z } from 'zod';

import { ServiceError } from './service-error.js';

/** Who asks, and how long the answer is waited for. */
export interface CallContext {
  readonly accessKeyId: string;
  readonly requestId: string;
  /** Aborts when the client hangs up or the server stops: nobody reads the answer any more. */
  readonly signal: AbortSignal;
}

/** Output that is JSON text already, for what JSON.stringify cannot write. */
export class WrittenJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An operation behind its parser. */
export interface Operation {
  run(input: unknown, context: CallContext): Promise<object>;
}

export type Operations = Readonly<Record<string, Operation>>;

/** The error for input of the right types that breaks a rule. */
export type RefuseInput = (message: string) => ServiceError;

const refuseByValidation: RefuseInput = (message) => new ServiceError('ValidationException', message);

/**
 * Makes an operation. Members that the schema does not know are dropped, as AWS ignores them; a wrong type is a
 * SerializationException, anything else goes to `refuse`.
 */
export function createOperation<Schema extends z.ZodType>(
  schema: Schema,
  handle: (input: z.output<Schema>, context: CallContext) => object | Promise<object>,
  refuse: RefuseInput = refuseByValidation,
): Operation {
  return {
    async run(input, context) {
      const parsed = schema.safeParse(input, { reportInput: true });
      if (parsed.success) return handle(parsed.data, context);
      throw refuseIssues(parsed.error.issues, refuse);
    },
  };
}

function refuseIssues(issues: readonly z.core.$ZodIssue[], refuse: RefuseInput): ServiceError {
  const mistyped = issues.find((issue) => issue.code === 'invalid_type' && issue.input !== undefined);
  if (mistyped !== undefined) {
    return new ServiceError('SerializationException', `${describePath(mistyped)}: ${mistyped.message}`);
  }
  const list = issues.map((issue) => {
    const missing = issue.code === 'invalid_type';
    return `Value at '${describePath(issue)}' failed to satisfy constraint: ${missing ? 'Member must not be null' : issue.message}`;
  });
  return refuse(
    `${issues.length} validation error${issues.length === 1 ? '' : 's'} detected: ${list.join('; ')}`,
  );
}

function describePath({ path }: z.core.$ZodIssue): string {
  return path.length === 0 ? 'input' : path.map(String).join('.');
}
