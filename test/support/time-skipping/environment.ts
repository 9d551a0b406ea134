/** A time-skipping server and clients of it. The SDK gives a server five seconds to start, few for Java on a busy machine. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import pRetry from 'p-retry';

/** Starts the server at this path (see ensureTimeSkippingServer). */
export function createSkippingEnvironment(server: string): Promise<TestWorkflowEnvironment> {
  return pRetry(
    () =>
      TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path: server } },
      }),
    { retries: 8 },
  );
}
