/** What the Redshift service tells of a cluster, parsed into a state that says what can be done with it. Pure. */
import { z } from 'zod';
import { AirtempoError } from '../../core/errors.js';
import { isOwn, RUN_TAG } from '../aws-tags.js';

/** What is known of a cluster in every state. */
interface ClusterFacts {
  readonly name: string;
  /** Whether airtempo made it under this name: only then it is changed or deleted. */
  readonly own: boolean;
  /** The run that made it, when airtempo did. */
  readonly runId?: string;
  /** The service's own word: `available`, `pausing`, `incompatible-network` … */
  readonly status: string;
  readonly nodeType: string;
  readonly nodes: number;
  readonly publiclyAccessible: boolean;
  readonly encrypted: boolean;
  readonly database: string;
  readonly user: string;
  /** ARNs of the roles that COPY may use. */
  readonly iamRoles: readonly string[];
  readonly createdAt?: string;
  /** Where Secrets Manager keeps the managed password. */
  readonly passwordSecretArn?: string;
}

/** Where a cluster answers SQL. */
export interface ClusterEndpoint {
  readonly host: string;
  readonly port: number;
}

/** A cluster, by what it allows. */
export type RedshiftCluster = ClusterFacts &
  (
    | { readonly state: 'available'; readonly endpoint: ClusterEndpoint }
    /** Keeps its data and costs storage only. */
    | { readonly state: 'paused' }
    /** On its way to another state, which comes by itself. */
    | { readonly state: 'changing' }
    | { readonly state: 'deleting' }
    /** Does not get well by itself. */
    | { readonly state: 'failed' }
  );

/** Of the many fields of the answer, those that airtempo goes by. */
const answerSchema = z.object({
  ClusterIdentifier: z.string().min(1),
  ClusterStatus: z.string().min(1),
  NodeType: z.string().default(''),
  NumberOfNodes: z.number().int().default(1),
  PubliclyAccessible: z.boolean().default(false),
  Encrypted: z.boolean().default(false),
  DBName: z.string().default('dev'),
  MasterUsername: z.string().default(''),
  Endpoint: z.object({ Address: z.string().optional(), Port: z.number().int().optional() }).optional(),
  IamRoles: z.array(z.object({ IamRoleArn: z.string().optional() })).default([]),
  Tags: z.array(z.object({ Key: z.string().optional(), Value: z.string().optional() })).default([]),
  ClusterCreateTime: z.date().optional(),
  MasterPasswordSecretArn: z.string().optional(),
});

const FAILED_STATUS = /^(incompatible-|hardware-failure|storage-full)/;
const DELETING_STATUS = /^(deleting|final-snapshot)/;
/** `available, prep-for-resize` and `available, resize-cleanup` answer SQL as well. */
const AVAILABLE_STATUS = /^available\b/;

/** Parses one cluster of a DescribeClusters answer. Throws AWS_REFUSED when it is none. */
export function parseCluster(answer: unknown): RedshiftCluster {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) {
    throw new AirtempoError(
      'AWS_REFUSED',
      `Amazon Redshift described a cluster in a way that is not understood: ${z.prettifyError(parsed.error)}. ` +
        `Check extra.endpoint_url of the connection.`,
    );
  }
  const { data } = parsed;
  const runId = data.Tags.find(({ Key }) => Key === RUN_TAG)?.Value;
  const facts: ClusterFacts = {
    name: data.ClusterIdentifier,
    own: isOwn(data.Tags, data.ClusterIdentifier),
    ...(runId === undefined ? {} : { runId }),
    status: data.ClusterStatus,
    nodeType: data.NodeType,
    nodes: data.NumberOfNodes,
    publiclyAccessible: data.PubliclyAccessible,
    encrypted: data.Encrypted,
    database: data.DBName,
    user: data.MasterUsername,
    iamRoles: data.IamRoles.flatMap(({ IamRoleArn: arn }) => (arn === undefined ? [] : [arn])),
    ...(data.ClusterCreateTime === undefined ? {} : { createdAt: data.ClusterCreateTime.toISOString() }),
    ...(data.MasterPasswordSecretArn === undefined
      ? {}
      : { passwordSecretArn: data.MasterPasswordSecretArn }),
  };
  return addState(facts, data.Endpoint);
}

function addState(
  facts: ClusterFacts,
  endpoint: { readonly Address?: string | undefined; readonly Port?: number | undefined } | undefined,
): RedshiftCluster {
  const { status } = facts;
  if (FAILED_STATUS.test(status)) return { ...facts, state: 'failed' };
  if (DELETING_STATUS.test(status)) return { ...facts, state: 'deleting' };
  if (status === 'paused') return { ...facts, state: 'paused' };
  const { Address: host, Port: port } = endpoint ?? {};
  // a new cluster is available a moment before its address is known
  if (!AVAILABLE_STATUS.test(status) || host === undefined || port === undefined) {
    return { ...facts, state: 'changing' };
  }
  return { ...facts, state: 'available', endpoint: { host, port } };
}
