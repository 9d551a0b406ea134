import { describe, expect, test } from '@jest/globals';
import { describeCost, planCluster, toRunJobFlow } from '../../../connections/emr/cluster-plan.js';
import { toClusterState } from '../../../connections/emr/cluster-state.js';
import { toStepState } from '../../../connections/emr/step-state.js';

describe('the plan of a cluster', () => {
  test('the preset sparkify is the cluster of the Sparkify projects, with a warning that it never ends by itself', () => {
    const plan = planCluster({ preset: 'sparkify', keyName: 'my-key', subnetId: 'subnet-1a' });
    expect(toRunJobFlow(plan, 'emr_up/manual__1')).toEqual({
      Name: 'data-lake-emr',
      ReleaseLabel: 'emr-5.29.0',
      Applications: [{ Name: 'Spark' }, { Name: 'Livy' }],
      Instances: {
        InstanceCount: 3,
        MasterInstanceType: 'm5.xlarge',
        SlaveInstanceType: 'm5.xlarge',
        KeepJobFlowAliveWhenNoSteps: true,
        TerminationProtected: false,
        Ec2SubnetId: 'subnet-1a',
        Ec2KeyName: 'my-key',
      },
      ServiceRole: 'EMR_DefaultRole',
      JobFlowRole: 'EMR_EC2_DefaultRole',
      VisibleToAllUsers: true,
      Tags: [
        { Key: 'airtempo:managed', Value: 'true' },
        { Key: 'airtempo:name', Value: 'data-lake-emr' },
        { Key: 'airtempo:run', Value: 'emr_up/manual__1' },
      ],
    });
    expect(plan.warnings.join()).toMatch(
      /emr-5\.29\.0 knows no idle auto-termination: the cluster costs money/,
    );
  });

  test('the current preset ends after an idle hour, and has no warning once it has a place for logs', () => {
    const plan = planCluster({ logUri: 's3://logs/emr/' });
    expect(plan).toMatchObject({ release: 'emr-7.13.0', idleTimeoutSeconds: 3600, warnings: [] });
    expect(toRunJobFlow(plan, 'r')).toMatchObject({
      AutoTerminationPolicy: { IdleTimeout: 3600 },
      LogUri: 's3://logs/emr/',
    });
    expect(planCluster({}).warnings.join()).toMatch(/EMR keeps no logs without a log URI/);
  });

  test.each([
    ['emr-5.29.0', 0],
    ['emr-5.30.0', 3600],
    ['emr-6.0.0', 0],
    ['emr-6.1.0', 3600],
    ['emr-7.0.0', 3600],
  ])('%s ends after %d idle seconds by default', (release, seconds) => {
    expect(planCluster({ release }).idleTimeoutSeconds).toBe(seconds);
  });

  test.each([
    [{ release: 'emr-5.29.0', idleTimeoutSeconds: 600 }, /emr-5\.29\.0 knows no idle auto-termination/],
    [{ idleTimeoutSeconds: 59 }, /The idle time-out is 59 s/],
    [{ idleTimeoutSeconds: 604_801 }, /The idle time-out is 604801 s/],
  ])('refuses %j', (choices, message) => {
    expect(() => planCluster(choices)).toThrow(message);
  });

  test('a cluster of one node has no worker type', () => {
    const { Instances: instances } = toRunJobFlow(planCluster({ instanceCount: 1 }), 'r');
    expect(instances).not.toHaveProperty('SlaveInstanceType');
  });

  test('says what it costs where an example is known, else where to look', () => {
    expect(describeCost(planCluster({}))).toMatch(/^about \$0\.72 an hour \(example: us-west-2, .*2024/);
    expect(describeCost(planCluster({ instanceType: 'r7g.large' }))).toMatch(
      /^no example price for r7g\.large; /,
    );
  });
});

describe('the states of EMR', () => {
  test.each([
    ['STARTING', 'starting'],
    ['BOOTSTRAPPING', 'starting'],
    ['RUNNING', 'ready'],
    ['WAITING', 'ready'],
    ['TERMINATING', 'terminating'],
    ['TERMINATED', 'terminated'],
    ['TERMINATED_WITH_ERRORS', 'failed'],
  ] as const)('a cluster that is %s is %s', (state, kind) => {
    expect(toClusterState({ State: state })).toMatchObject({ kind, state });
  });

  test.each([
    ['PENDING', 'pending'],
    ['RUNNING', 'pending'],
    ['CANCEL_PENDING', 'pending'],
    ['COMPLETED', 'succeeded'],
    ['FAILED', 'failed'],
    ['CANCELLED', 'cancelled'],
    ['INTERRUPTED', 'cancelled'],
  ] as const)('a step that is %s is %s', (state, kind) => {
    expect(toStepState({ State: state })).toMatchObject({ kind, state });
  });

  test('a failure says all that EMR knows, each thing once', () => {
    const status = {
      State: 'TERMINATED_WITH_ERRORS' as const,
      StateChangeReason: { Code: 'BOOTSTRAP_FAILURE' as const, Message: 'bootstrap action 1 failed' },
      ErrorDetails: [{ ErrorMessage: 'bootstrap action 1 failed' }, { ErrorMessage: 'exit code 1' }],
    };
    expect(toClusterState(status)).toMatchObject({
      reason: 'BOOTSTRAP_FAILURE: bootstrap action 1 failed; exit code 1',
    });
    const details = { Reason: 'Unknown Error.', LogFile: 's3://logs/stderr.gz' };
    expect(toStepState({ State: 'FAILED', FailureDetails: details })).toMatchObject({
      reason: 'Unknown Error.; log: s3://logs/stderr.gz',
    });
  });
});
