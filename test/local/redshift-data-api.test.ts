import { describe } from '@jest/globals';
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

import { describeRedshiftDataContract, type RedshiftDataSubject } from '../contract/redshift-data.js';
import { startTestDataApi } from '../support/redshift-data-api.js';

describeRedshiftDataContract('the local Redshift Data API', () => startTestDataApi(), { withCopy: true });

const env = (name: string): string | undefined => process.env[`AIRTEMPO_TEST_REDSHIFT_${name}`];

/** Amazon's own, when the environment names one. */
async function connectAws(): Promise<RedshiftDataSubject> {
  const client = new RedshiftDataClient({});
  const s3 = new S3Client({});
  const bucket = env('BUCKET');
  const role = env('IAM_ROLE');
  return {
    client,
    target: {
      ClusterIdentifier: env('CLUSTER'),
      WorkgroupName: env('WORKGROUP'),
      Database: env('DATABASE') ?? 'dev',
      DbUser: env('DB_USER'),
      SecretArn: env('SECRET_ARN'),
    },
    ...(bucket === undefined
      ? {}
      : {
          copy: {
            bucket,
            authorization: role === undefined ? 'IAM_ROLE default' : `IAM_ROLE '${role}'`,
            put: async (Key, Body) => {
              await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
            },
          },
        }),
    stop: async () => {
      client.destroy();
      s3.destroy();
    },
  };
}

if (env('CLUSTER') !== undefined || env('WORKGROUP') !== undefined) {
  describe('on AWS', () => {
    describeRedshiftDataContract("Amazon's Redshift Data API", connectAws, {
      withCopy: env('BUCKET') !== undefined,
    });
  });
}
