/** What the role of a cluster may do: read the data that is loaded, and nothing else. Pure. */
import { AirtempoError } from '../../core/errors.js';
import { parseS3Url } from '../s3-url.js';

/** The name that the original Sparkify projects use. */
export const DEFAULT_ROLE_NAME = 'RedshiftRole';

/** Who may take the role: the Redshift service. */
export const TRUST_POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'redshift.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
} as const;

export const TRUSTED_SERVICE = 'redshift.amazonaws.com';

/** A statement of a policy that allows something. */
interface Allow {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: { readonly StringLike: { readonly 's3:prefix': readonly string[] } };
}

export interface RolePolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Allow[];
}

/**
 * Reading objects below these prefixes (`s3://bucket/log_data/`), and listing them. `partition` is `aws`, `aws-cn` or
 * `aws-us-gov`. The same prefixes in another order give the same policy.
 * @throws AirtempoError INVALID_ARGUMENT for a prefix that would mean more than it says
 */
export function createRolePolicy(prefixes: readonly string[], partition = 'aws'): RolePolicy {
  const byBucket = new Map<string, string[]>();
  for (const { bucket, prefix } of prefixes.map(parsePrefix)) {
    byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), prefix]);
  }
  const buckets = [...byBucket].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    Version: '2012-10-17',
    Statement: buckets.flatMap(([bucket, keys]) => allow(bucket, keys, partition)),
  };
}

function allow(bucket: string, keys: readonly string[], partition: string): readonly Allow[] {
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const sorted = [...new Set(keys)].sort();
  return [
    {
      Effect: 'Allow',
      Action: ['s3:GetObject'],
      Resource: sorted.map((key) => `${bucketArn}/${key}*`),
    },
    {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: [bucketArn],
      Condition: { StringLike: { 's3:prefix': sorted.map((key) => `${key}*`) } },
    },
    // COPY asks for it when it is told no region
    { Effect: 'Allow', Action: ['s3:GetBucketLocation'], Resource: [bucketArn] },
  ];
}

/** In policies these stand for any characters, and `${` begins a variable. */
const WILDCARD = /[*?]|\$\{/;

function parsePrefix(url: string): { readonly bucket: string; readonly prefix: string } {
  const { bucket, key: prefix } = parseS3Url(url);
  if (!WILDCARD.test(url)) return { bucket, prefix };
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The data prefix ${JSON.stringify(url)} has a wildcard, which a policy would take for many prefixes. Name each prefix, such as s3://bucket/log_data/.`,
  );
}
