/** What fits into the server's messages. Temporal refuses larger ones and tries again for ever, so a run looks first. Pure. */

/** The server's limit for one payload is 2 MiB; the rest is for what wraps it. */
export const MAX_PAYLOAD_BYTES = 1_900_000;

/** One Workflow Task is answered by one message of at most 4 MiB; a last task may add a whole payload. */
const MAX_STARTED_BYTES = 1_500_000;

/** Length of a value as JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** Bounds the inputs of the tasks that one Workflow Task starts. */
export class StartBudget {
  #workflowTask = -1;
  #bytes = 0;

  /** `workflowTask`: any number that differs from one Workflow Task to the next, such as the history's length. */
  isSpent(workflowTask: number): boolean {
    if (workflowTask !== this.#workflowTask) {
      this.#workflowTask = workflowTask;
      this.#bytes = 0;
    }
    return this.#bytes >= MAX_STARTED_BYTES;
  }

  spend(bytes: number): void {
    this.#bytes += bytes;
  }
}

/** Why a task whose call is too large cannot start. */
export function describeOversizedCall(bytes: number): string {
  const size = (length: number): string => `${(length / 1_000_000).toFixed(1)} MB`;
  return (
    `its arguments and the outputs that they use are ${size(bytes)} together, and a task can be given ${size(MAX_PAYLOAD_BYTES)}: ` +
    `let the tasks above return less, or merge their outputs in several steps`
  );
}
