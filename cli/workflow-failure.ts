/** Why a workflow of the engine's own has failed. */
import { WorkflowFailedError, type Client } from '@temporalio/client';

/** Our own message and its code; undefined when it ended well. Waits for its end. */
export async function readFailure(
  client: Client,
  id: string,
): Promise<{ readonly message: string; readonly type: string | undefined } | undefined> {
  try {
    await client.workflow.getHandle(id).result();
    return undefined;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = error.cause;
    const type = cause !== undefined && 'type' in cause ? String(cause.type) : undefined;
    return { message: cause?.message ?? error.message, type };
  }
}
