/**
 * Faults that a test asks a stand-in for: throttling, a server's error, expired credentials, an answer that is lost on
 * its way. Without a plan, which is how the local stack runs, no request ever meets one.
 */
import { ServiceError } from './service-error.js';

export type Fault =
  /** Answered instead of doing the work. */
  | { readonly kind: 'error'; readonly error: ServiceError }
  /** The work is done, then the connection is cut: the client cannot know. */
  | { readonly kind: 'lost-answer' };

export interface FaultPlan {
  /** The fault of the next call of an operation, which is thereby used up. */
  take(operation: string): Fault | undefined;
}

/** A plan that tests fill. */
export interface FaultQueue extends FaultPlan {
  /** The next `times` calls of the operation meet this fault. */
  push(operation: string, fault: Fault, times?: number): void;
  /** Faults that nobody has met yet. */
  readonly pending: number;
}

/** Creates an empty plan. */
export function createFaultQueue(): FaultQueue {
  const queue: { readonly operation: string; readonly fault: Fault }[] = [];
  return {
    push(operation, fault, times = 1) {
      for (let count = 0; count < times; count += 1) queue.push({ operation, fault });
    },
    take(operation) {
      const index = queue.findIndex((entry) => entry.operation === operation);
      return index === -1 ? undefined : queue.splice(index, 1)[0]?.fault;
    },
    get pending() {
      return queue.length;
    },
  };
}

/** What AWS answers in bad times. */
export const FAULTS = {
  throttled: {
    kind: 'error',
    error: new ServiceError('ThrottlingException', 'Rate exceeded'),
  },
  internal: {
    kind: 'error',
    error: new ServiceError('InternalServerException', 'An internal error occurred.', { status: 500 }),
  },
  unavailable: {
    kind: 'error',
    error: new ServiceError('ServiceUnavailableException', 'Service is unable to handle request.', {
      status: 503,
    }),
  },
  expired: {
    kind: 'error',
    error: new ServiceError('ExpiredTokenException', 'The security token included in the request is expired'),
  },
  denied: {
    kind: 'error',
    error: new ServiceError('AccessDeniedException', 'User is not authorized to perform this action.'),
  },
  lostAnswer: { kind: 'lost-answer' },
} as const satisfies Record<string, Fault>;
