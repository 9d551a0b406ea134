/**
 * Whether a new churn model takes the place of the current one. Pure. Both have scored the same users of the test landmark, whose
 * future neither has seen; the question is not whether the new one is better, but whether it may be worse.
 */
import { AirtempoError } from '../../core/errors.js';
import type { ChurnMetrics } from './metrics.js';

export interface Candidate {
  readonly metrics: ChurnMetrics;
  /** Of the model in use: the hash of its schema.json. Undefined when there is none. */
  readonly currentSha256: string | undefined;
  /** So much PR-AUC the new model may lose, in the worst case that the interval allows. */
  readonly margin: number;
}

export interface Verdict {
  readonly promote: boolean;
  /** A sentence with the figures. */
  readonly why: string;
}

/** The measure that decides: of few churners among many users, it sees those with the highest scores. */
const METRIC = 'pr_auc';

/**
 * Not worse: the lower end of the 95 % interval of the difference in PR-AUC is at least -margin.
 * @throws AirtempoError CHECK_FAILED when the candidate was compared with another model than the current one
 */
export function decidePromotion({ metrics, currentSha256, margin }: Candidate): Verdict {
  if (currentSha256 === undefined) return { promote: true, why: 'There is no current model.' };
  if (metrics.production?.schema_sha256 === currentSha256) {
    return { promote: true, why: 'It is the current model.' };
  }
  const { comparison } = metrics;
  if (comparison?.against !== currentSha256) {
    throw new AirtempoError(
      'CHECK_FAILED',
      `The new model was compared with ${comparison?.against.slice(0, 12) ?? 'none'}, and the current one is ${currentSha256.slice(0, 12)}: ` +
        `somebody has changed it since. Clear the task train_model, which trains and compares anew.`,
    );
  }
  if ('unusable' in comparison) {
    return {
      promote: true,
      why: `The current model cannot score the features of now: ${comparison.unusable}.`,
    };
  }
  const found = comparison.differences.find(({ metric }) => metric === METRIC);
  if (found === undefined) {
    throw new AirtempoError('CHECK_FAILED', `The comparison of the models lacks ${METRIC}: train again.`);
  }
  const { difference, low, high } = found;
  const figures = `PR-AUC differs by ${signed(difference)}, 95 % interval ${signed(low)} to ${signed(high)}, on ${String(comparison.users)} users with ${String(comparison.churners)} churners`;
  return low >= -margin
    ? { promote: true, why: `It is not worse: ${figures}; ${String(margin)} may be lost.` }
    : { promote: false, why: `It may be worse: ${figures}; ${String(margin)} may be lost.` };
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}
