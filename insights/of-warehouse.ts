/** Which insights make sense on a warehouse. */
import { AirtempoError } from '../core/errors.js';
import type { Insight } from './insight.js';

/**
 * The insights with the queries that the warehouse's log data answers; insights without one are left out.
 * @throws AirtempoError INVALID_ARGUMENT when none is left
 */
export function ofWarehouse(insights: readonly Insight[]): readonly Insight[] {
  const kept = insights
    .map((insight) => ({ ...insight, queries: insight.queries.filter(({ needs }) => needs === undefined) }))
    .filter(({ queries }) => queries.length > 0);
  if (kept.length > 0) return kept;
  const asked = insights.map(({ id }) => id).join(', ');
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The log data of a warehouse has nothing on ${asked}. Ask for others, or give files of events.`,
  );
}
