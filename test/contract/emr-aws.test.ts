/**
 * The contract, asked of AWS itself. It starts a cluster of one m5.xlarge for about half an hour, which costs money, so it wants
 * AIRTEMPO_TEST_EMR=1, credentials, the default roles, and AIRTEMPO_TEST_EMR_SUBNET where the account has no default one.
 */
import { afterAll, describe } from '@jest/globals';
import { EMRClient, type StepConfig } from '@aws-sdk/client-emr';
import { describeEmrContract } from './emr.js';

const asked = process.env['AIRTEMPO_TEST_EMR'] === '1';
const subnet = process.env['AIRTEMPO_TEST_EMR_SUBNET'];
const EXAMPLES = '/usr/lib/spark/examples/jars/spark-examples.jar';

function step(Name: string, ...args: readonly string[]): StepConfig {
  return {
    Name,
    ActionOnFailure: 'CONTINUE',
    HadoopJarStep: { Jar: 'command-runner.jar', Args: ['spark-submit', ...args] },
  };
}

(asked ? describe : describe.skip)('EMR on AWS', () => {
  const client = new EMRClient({});
  afterAll(() => client.destroy());
  describeEmrContract({
    client: () => client,
    jobFlow: () => ({
      Name: 'airtempo-contract',
      ReleaseLabel: 'emr-7.13.0',
      Applications: [{ Name: 'Spark' }],
      ServiceRole: 'EMR_DefaultRole',
      JobFlowRole: 'EMR_EC2_DefaultRole',
      Tags: [{ Key: 'airtempo:managed', Value: 'true' }],
      AutoTerminationPolicy: { IdleTimeout: 3600 }, // should the suite be killed
      Instances: {
        InstanceCount: 1,
        MasterInstanceType: 'm5.xlarge',
        KeepJobFlowAliveWhenNoSteps: true,
        ...(subnet === undefined ? {} : { Ec2SubnetId: subnet }),
      },
    }),
    passing: () => step('pi', '--class', 'org.apache.spark.examples.SparkPi', EXAMPLES, '10'),
    failing: () => step('no such file', '/no/such/file.py'),
    endless: () => step('long pi', '--class', 'org.apache.spark.examples.SparkPi', EXAMPLES, '1000000'),
    timeoutMs: 30 * 60_000,
    pollMs: 10_000,
  });
});
