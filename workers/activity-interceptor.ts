/** Wraps every activity: classifies and scrubs what it throws, and gives its log lines their fields. */
import type { Context } from '@temporalio/activity';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityInterceptorsFactory,
  Next,
} from '@temporalio/worker';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import { toFailure } from './failure.js';

/** Makes the interceptor for one worker. */
export function createActivityInterceptors(scrubber: SecretScrubber): ActivityInterceptorsFactory {
  return (context: Context) => ({ inbound: new FailureInterceptor(context, scrubber) });
}

class FailureInterceptor implements ActivityInboundCallsInterceptor {
  readonly #context: Context;
  readonly #scrubber: SecretScrubber;

  constructor(context: Context, scrubber: SecretScrubber) {
    this.#context = context;
    this.#scrubber = scrubber;
  }

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      const { cancellationSignal } = this.#context;
      // whatever a driver makes of an abort, Temporal is to see the cancellation itself
      const origin: unknown = cancellationSignal.aborted ? cancellationSignal.reason : error;
      throw toFailure(origin, this.#scrubber);
    }
  }
}
