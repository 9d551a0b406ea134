/** Ctrl-C and SIGTERM, for commands that clean up before they end. A second Ctrl-C ends at once. */

export interface StopRequest {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly requested: Promise<undefined>;
  dispose(): void;
}

export function waitForStop(): StopRequest {
  const controller = new AbortController();
  let resolve: (value: undefined) => void = () => undefined;
  const requested = new Promise<undefined>((done) => (resolve = done));
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error('stopped by a signal'));
    resolve(undefined);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    requested,
    dispose: () => {
      for (const signal of signals) process.removeListener(signal, onSignal);
    },
  };
}
