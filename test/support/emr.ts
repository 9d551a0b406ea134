/** A local EMR for suites, whose steps are what the suite says, and short forms of what is asked of EMR. */
import { EMRClient } from '@aws-sdk/client-emr';
import type { RunJobFlowCommandInput, StepConfig } from '@aws-sdk/client-emr';
import { startLocalEmr } from '../../local/emr/server.js';
import type { LocalEmr, LocalEmrOptions } from '../../local/emr/server.js';
import type { StartStep } from '../../local/emr/run-steps.js';
import { startStepProcess } from '../../local/emr/step-process.js';
import { services } from './services.js';

export const EMR_KEY = { accessKeyId: 'AKIAEMR', secretAccessKey: 'the secret of the suite' };
export const EMR_REGION = 'us-east-1';

/** A server on the test run's S3. Steps are shell scripts, unless `startStep` says otherwise. */
export function startTestEmr(dir: string, options: Partial<LocalEmrOptions> = {}): Promise<LocalEmr> {
  return startLocalEmr({
    dir,
    startStep: runAsShellScript,
    s3: services().s3,
    findKey: (id) => (id === EMR_KEY.accessKeyId ? EMR_KEY : undefined),
    region: EMR_REGION,
    stageMs: 20,
    ...options,
  });
}

/** The job's "file" is a shell script: what the step does is in the test, and takes no time. */
export const runAsShellScript: StartStep = async (step, folder) => ({
  process: await startStepProcess(
    { command: 'sh', args: ['-c', step.args.at(-1) ?? ''], env: { PATH: process.env['PATH'] ?? '' } },
    folder,
  ),
  controller: 'A shell script\n',
});

/** The unmodified client, without its own retries. */
export function emrClient(url: string, options: object = {}): EMRClient {
  return new EMRClient({
    endpoint: url,
    region: EMR_REGION,
    credentials: EMR_KEY,
    maxAttempts: 1,
    ...options,
  });
}

/** A step that runs this script. */
export function shellStep(script: string, changes: Partial<StepConfig> = {}): StepConfig {
  return {
    Name: script.slice(0, 40),
    ActionOnFailure: 'CONTINUE',
    HadoopJarStep: { Jar: 'command-runner.jar', Args: ['spark-submit', '--deploy-mode', 'cluster', script] },
    ...changes,
  };
}

/** The smallest cluster that the service would accept. */
export function jobFlow(changes: Partial<RunJobFlowCommandInput> = {}): RunJobFlowCommandInput {
  return {
    Name: 'test',
    ReleaseLabel: 'emr-7.13.0',
    Applications: [{ Name: 'Spark' }],
    ServiceRole: 'EMR_DefaultRole',
    JobFlowRole: 'EMR_EC2_DefaultRole',
    ...changes,
    Instances: {
      InstanceCount: 3,
      MasterInstanceType: 'm5.xlarge',
      SlaveInstanceType: 'm5.xlarge',
      KeepJobFlowAliveWhenNoSteps: true,
      ...changes.Instances,
    },
  };
}
