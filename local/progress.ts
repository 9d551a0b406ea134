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

/** A step that goes on is told of first after so long, and then again … */
const FIRST_SIGN_MS = 2_000;
/** … no more often than this. */
const NEXT_SIGN_MS = 15_000;

/** Passes on the end of every step, but of a step in progress only a sign of life now and then. */
export function throttleProgress(listener: OnProgress): OnProgress {
  const nextSignAt = new Map<string, number>();
  return (event) => {
    const due = event.elapsedMs >= (nextSignAt.get(event.step) ?? FIRST_SIGN_MS);
    if (!event.done && !due) return;
    nextSignAt.set(event.step, event.elapsedMs + NEXT_SIGN_MS);
    listener(event);
  };
}
