/** A gate that a task stops at until the test opens it: the way to be in the middle of a run without sleeping. */

export interface Gate {
  /** Settles when a task has come to the gate. */
  readonly reached: Promise<void>;
  /** For the task: waits until the gate is open. */
  pass(): Promise<void>;
  /** For the test: lets everyone through, now and later. */
  open(): void;
}

export function createGate(): Gate {
  const reached = createSwitch();
  const opened = createSwitch();
  return {
    reached: reached.on,
    pass: () => {
      reached.flip();
      return opened.on;
    },
    open: opened.flip,
  };
}

function createSwitch(): { readonly on: Promise<void>; flip(): void } {
  let flip = (): void => undefined;
  const on = new Promise<void>((resolve) => {
    flip = resolve;
  });
  return { on, flip: () => flip() };
}

/** For a task: waits until its run is cancelled or its time is up, then throws as a fetch or a driver would. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
}
