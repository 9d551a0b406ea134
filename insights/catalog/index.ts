/** The fifteen insights, in their order, and how `--only` names them. */
import { AirtempoError } from '../../core/errors.js';
import type { Insight, InsightQuery } from '../insight.js';
import { activeUsers } from './active-users.js';
import { adverts } from './adverts.js';
import { churn } from './churn.js';
import { conversion, downgrades } from './conversion.js';
import { dataQuality } from './data-quality.js';
import { errors } from './errors.js';
import { inactivity } from './inactivity.js';
import { levels } from './levels.js';
import { listeningByHour } from './listening-by-hour.js';
import { retention } from './retention.js';
import { sessions } from './sessions.js';
import { social } from './social.js';
import { thumbs } from './thumbs.js';
import { topMusic } from './top-music.js';

export const INSIGHTS: readonly Insight[] = [
  activeUsers,
  sessions,
  listeningByHour,
  topMusic,
  conversion,
  downgrades,
  churn,
  retention,
  adverts,
  thumbs,
  social,
  errors,
  levels,
  inactivity,
  dataQuality,
];

/** The key figures at the head of the report: none of the fifteen. */
export const OVERVIEW: InsightQuery = { file: '00-overview' };

/**
 * The insights of these numbers or ids, in the order of the report; all for undefined.
 * @throws AirtempoError INVALID_ARGUMENT, naming those there are
 */
export function chooseInsights(only: readonly string[] | undefined): readonly Insight[] {
  if (only === undefined) return INSIGHTS;
  const unknown = only.find((name) => !INSIGHTS.some((insight) => isCalled(insight, name)));
  if (unknown !== undefined || only.length === 0) {
    const names = INSIGHTS.map(({ number, id }) => `${String(number)} ${id}`).join(', ');
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(unknown ?? '')} is no insight. There are: ${names}.`,
    );
  }
  return INSIGHTS.filter((insight) => only.some((name) => isCalled(insight, name)));
}

function isCalled({ number, id }: Insight, name: string): boolean {
  return name === id || (/^\d+$/.test(name) && Number(name) === number);
}
