/**
 * How the local stack tells what it is doing: one small event shape for every long step. It must not print;
 * the command line decides how an event looks.
 */

/** One sign of life of a step. A step sends any number of events with `done: false`, then one with `done: true`. */
export interface ProgressEvent {
  /** A stable name of the step, such as `temporal` or `download versitygw`. */
  readonly step: string;
  /** A sentence for a person. Never holds a secret. */
  readonly message: string;
  /** Milliseconds since the step began. */
  readonly elapsedMs: number;
  readonly done: boolean;
}

export type OnProgress = (event: ProgressEvent) => void;

/** One step in progress. */
export interface ProgressStep {
  update(message: string): void;
  done(message: string): void;
}

/** Starts a step and reports its first message. Without a listener it does nothing. */
export function startStep(onProgress: OnProgress | undefined, step: string, message: string): ProgressStep {
  const startedAt = performance.now();
  const send = (text: string, done: boolean): void =>
    onProgress?.({ step, message: text, elapsedMs: Math.round(performance.now() - startedAt), done });
  send(message, false);
  return { update: (text) => send(text, false), done: (text) => send(text, true) };
}
