/** The states of an EMR cluster as airtempo acts on them. Pure. */
import type { ClusterStatus } from '@aws-sdk/client-emr';

/** Where a cluster is in its life. `state` is EMR's own word. */
export type EmrClusterState =
  | { readonly kind: 'starting'; readonly state: string }
  /** It takes steps. */
  | { readonly kind: 'ready'; readonly state: string }
  | { readonly kind: 'terminating'; readonly state: string }
  /** It is gone, as it was asked to be or because it had nothing to do. */
  | { readonly kind: 'terminated'; readonly state: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly state: string; readonly reason: string };

/** EMR's states of clusters that cost money and may still be used. */
export const ACTIVE_CLUSTER_STATES = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING'] as const;

/** Reads a status. A state that is not known here counts as starting: it is looked at again. */
export function toClusterState(status: ClusterStatus | undefined): EmrClusterState {
  const state: string = status?.State ?? 'UNKNOWN';
  switch (state) {
    case 'RUNNING':
    case 'WAITING':
      return { kind: 'ready', state };
    case 'TERMINATING':
      return { kind: 'terminating', state };
    case 'TERMINATED':
      return { kind: 'terminated', state, reason: describeReason(status) };
    case 'TERMINATED_WITH_ERRORS':
      return { kind: 'failed', state, reason: describeReason(status) };
    default:
      return { kind: 'starting', state };
  }
}

function describeReason(status: ClusterStatus | undefined): string {
  const { Code: code, Message: message } = status?.StateChangeReason ?? {};
  const details = (status?.ErrorDetails ?? []).map(({ ErrorMessage }) => ErrorMessage);
  const texts = [message, ...details].filter((text) => text !== undefined && text !== '');
  return [code, [...new Set(texts)].join('; ')]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
}
