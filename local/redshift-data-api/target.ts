/** Which cluster or workgroup a call means, and the rules for how it says so. */
import { ServiceError } from '../aws/service-error.js';
import type { TargetInput } from './shapes.js';
import type { Target } from './submitted-statement.js';

/** The names under which the stand-in answers. */
export interface KnownTargets {
  readonly clusterIdentifier: string;
  readonly workgroupName: string;
}

export const LOCAL_TARGETS: KnownTargets = {
  clusterIdentifier: 'airtempo-local',
  workgroupName: 'airtempo-local',
};

function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

/** Checks the members that name a target. @throws ServiceError ValidationException */
export function resolveTarget(input: TargetInput, known: KnownTargets): Target {
  const { ClusterIdentifier, WorkgroupName, SecretArn, DbUser, Database } = input;
  if ((ClusterIdentifier === undefined) === (WorkgroupName === undefined)) {
    throw invalid('Exactly one of ClusterIdentifier and WorkgroupName must be given.');
  }
  if (SecretArn !== undefined && DbUser !== undefined) {
    throw invalid('SecretArn and DbUser cannot both be given.');
  }
  if (WorkgroupName !== undefined && DbUser !== undefined) {
    throw invalid('DbUser cannot be given with WorkgroupName: the user follows from who calls.');
  }
  if (Database === undefined) throw invalid('Database must be given.');
  const found =
    ClusterIdentifier === known.clusterIdentifier ||
    (ClusterIdentifier === undefined && WorkgroupName === known.workgroupName);
  if (!found) throw invalid("Redshift endpoint doesn't exist in this region.");
  return { ClusterIdentifier, WorkgroupName, SecretArn, DbUser, Database };
}
