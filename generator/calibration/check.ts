/** One figure of event data beside its target. Pure. */
import type { Figure } from './statistics.js';

export interface Check {
  readonly name: string;
  readonly target: number;
  readonly found: number;
  /** What was allowed: the tolerance at full size, or four standard errors where the data is smaller. */
  readonly tolerance: number;
  readonly ok: boolean;
}

interface Allowed {
  readonly by?: number;
  readonly share?: number;
}

/** Compares a figure with its target. */
export function check(
  name: string,
  target: number,
  { found, chance }: Figure,
  { by = 0, share = 0 }: Allowed,
): Check {
  const tolerance = Math.max(by, share * target, chance);
  return { name, target, found, tolerance, ok: Math.abs(found - target) <= tolerance };
}

/** A figure that chance does not move. */
export const exactly = (found: number): Figure => ({ found, chance: 0 });
