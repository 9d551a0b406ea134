/** EMR's release labels, and which of them can do what. Pure. */

/** `emr-7.13.0`, `emr-5.29.0`, `emr-spark-8.0.0`. */
const RELEASE_LABEL = /^emr-(?:spark-)?(\d+)\.(\d+)\.(\d+)$/;

/** Whether the text has the form of a release label. */
export function isReleaseLabel(label: string): boolean {
  return RELEASE_LABEL.test(label);
}

/** Whether a release is this one or a later one; features of line 5 came to line 6 under another number. */
function isAtLeast(label: string, five: number, six: number): boolean {
  const match = RELEASE_LABEL.exec(label);
  const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
  if (major === 5) return minor >= five;
  return major === 6 ? minor >= six : major > 6;
}

/** Termination of an idle cluster came with 5.30 and 6.1. */
export function canTerminateIdle(label: string): boolean {
  return isAtLeast(label, 30, 1);
}

/** Running steps can be cancelled, and steps can run side by side, since 5.28. */
export function canCancelRunningSteps(label: string): boolean {
  return isAtLeast(label, 28, 0);
}
