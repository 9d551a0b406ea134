/** Wraps every activity: what a handler says of its failure or skip enters the history classified, scrubbed and cut. */
import type { Context } from '@temporalio/activity';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityInterceptorsFactory,
  Next,
} from '@temporalio/worker';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import type { TaskResult } from '../workflows/contract.js';
import { clean, toFailure } from './failure.js';
import { readTryFacts } from './try-facts.js';

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
    const startedAtMs = Date.now();
    try {
      return this.#complete(await next(input), input, startedAtMs);
    } catch (error) {
      const { cancellationSignal } = this.#context;
      // whatever a driver makes of an abort, Temporal is to see the cancellation itself
      const origin: unknown = cancellationSignal.aborted ? cancellationSignal.reason : error;
      throw toFailure(origin, this.#scrubber, readTryFacts(input.args[0], this.#context.info, startedAtMs));
    }
  }

  #complete(result: unknown, { args }: ActivityExecuteInput, startedAtMs: number): unknown {
    if (!isTaskResult(result)) return result; // a plan
    const facts = readTryFacts(args[0], this.#context.info, startedAtMs);
    if (result.state === 'success') return { ...result, ...facts };
    return { ...result, ...facts, reason: clean(result.reason, this.#scrubber) };
  }
}

function isTaskResult(result: unknown): result is TaskResult {
  return typeof result === 'object' && result !== null && 'state' in result;
}
