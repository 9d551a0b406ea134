/**
 * The life cycle of Redshift clusters: a thin, typed client of the service's control plane. Each call asks once and
 * waits for nothing; "is there already" and "is gone already" are answers, not errors. It knows no SQL.
 */
import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeClustersCommand,
  paginateDescribeClusters,
  PauseClusterCommand,
  RedshiftClient,
  ResumeClusterCommand,
} from '@aws-sdk/client-redshift';
import type { Connection } from '../core/connection.js';
import { readAwsFailure, mapAwsError } from './aws-errors.js';
import { MANAGED_TAG } from './aws-tags.js';
import { resolveAwsConfig } from './aws.js';
import { createClusterInput, type ClusterSpec } from './redshift-clusters/cluster-spec.js';
import { parseCluster, type RedshiftCluster } from './redshift-clusters/cluster-state.js';

/** `busy`: the cluster is in a state in which the service refuses the request; ask again later. */
export type RequestOutcome = 'accepted' | 'busy' | 'gone';

/** What happens to the data of a cluster that is deleted: kept in a snapshot of this name, or nothing. */
export type FinalSnapshot = { readonly keepAs: string } | 'none';

export interface RedshiftClusters {
  /** The cluster of this name, whoever made it; undefined when there is none. */
  find(name: string): Promise<RedshiftCluster | undefined>;
  /** Every cluster that airtempo made, in the connection's region. */
  listOwn(): Promise<readonly RedshiftCluster[]>;
  /**
   * Asks for a cluster. Of two that ask for the same name one gets it made, the other is told `exists`: a name is taken
   * once in an account and region, so no retry makes a twin.
   */
  create(spec: ClusterSpec): Promise<'created' | 'exists'>;
  pause(name: string): Promise<RequestOutcome>;
  resume(name: string): Promise<RequestOutcome>;
  delete(name: string, snapshot: FinalSnapshot): Promise<RequestOutcome>;
  /** Frees the sockets. */
  close(): void;
}

const SERVICE = 'Amazon Redshift';
const GONE = /^ClusterNotFound/;
const BUSY = /^InvalidClusterState/;
const EXISTS = /^ClusterAlreadyExists/;

/** A client with this connection's credentials. `signal` ends a call that is under way. */
export function connectRedshiftClusters(connection: Connection, signal?: AbortSignal): RedshiftClusters {
  const client = new RedshiftClient(resolveAwsConfig(connection, 'redshift'));
  const options = signal === undefined ? {} : { abortSignal: signal };

  /** Runs one call; the codes in `expected` are answers. */
  const ask = async <T>(
    action: string,
    call: () => Promise<T>,
    expected: readonly (readonly [pattern: RegExp, answer: T])[] = [],
  ): Promise<T> => {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      const { name } = readAwsFailure(error);
      const known = expected.find(([pattern]) => pattern.test(name));
      if (known !== undefined) return known[1];
      throw mapAwsError(error, connection, { service: SERVICE, action });
    }
  };
  const request = (action: string, call: () => Promise<unknown>): Promise<RequestOutcome> =>
    ask<RequestOutcome>(action, () => call().then(() => 'accepted'), [
      [BUSY, 'busy'],
      [GONE, 'gone'],
    ]);

  return {
    find: (name) =>
      ask<RedshiftCluster | undefined>(
        'DescribeClusters',
        async () => {
          const answer = await client.send(new DescribeClustersCommand({ ClusterIdentifier: name }), options);
          const [first] = answer.Clusters ?? [];
          return first === undefined ? undefined : parseCluster(first);
        },
        [[GONE, undefined]],
      ),
    listOwn: () =>
      ask('DescribeClusters', async () => {
        const found: RedshiftCluster[] = [];
        for await (const page of paginateDescribeClusters({ client }, { TagKeys: [MANAGED_TAG] })) {
          found.push(...(page.Clusters ?? []).map(parseCluster).filter(({ own }) => own));
        }
        return found;
      }),
    create: (spec) =>
      ask<'created' | 'exists'>(
        'CreateCluster',
        () => client.send(new CreateClusterCommand(createClusterInput(spec)), options).then(() => 'created'),
        [[EXISTS, 'exists']],
      ),
    pause: (name) =>
      request('PauseCluster', () =>
        client.send(new PauseClusterCommand({ ClusterIdentifier: name }), options),
      ),
    resume: (name) =>
      request('ResumeCluster', () =>
        client.send(new ResumeClusterCommand({ ClusterIdentifier: name }), options),
      ),
    delete: (name, snapshot) =>
      request('DeleteCluster', () =>
        client.send(
          new DeleteClusterCommand({
            ClusterIdentifier: name,
            ...(snapshot === 'none'
              ? { SkipFinalClusterSnapshot: true }
              : { SkipFinalClusterSnapshot: false, FinalClusterSnapshotIdentifier: snapshot.keepAs }),
          }),
          options,
        ),
      ),
    close: () => client.destroy(),
  };
}
