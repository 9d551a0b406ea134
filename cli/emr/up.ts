/** `airtempo emr up`: shows what would be created and what it costs, asks, and has it created by a run of emr_up. */
import type { Command } from 'commander';
import {
  describeCost,
  EMR_PRESETS,
  planCluster,
  type EmrClusterChoices,
  type EmrClusterPlan,
  type EmrPreset,
} from '../../connections/emr/cluster-plan.js';
import { AirtempoError } from '../../core/errors.js';
import type { App } from '../app.js';
import { confirm } from '../confirm.js';
import { formatTable, print, printJson, say } from '../output.js';
import { describeClusterLines } from './format-cluster.js';
import { runLifeCycle } from '../life-cycle-run.js';
import { addEmrOptions, withEmrClient, type EmrOptions } from './options.js';
import { prepareAccount, type PrepareOptions } from './prepare-account.js';
import { wholeNumber } from '../whole-number.js';

interface UpOptions extends EmrOptions, PrepareOptions {
  readonly name?: string;
  readonly preset: string;
  readonly release?: string;
  readonly instanceType?: string;
  readonly instances?: number;
  readonly subnet?: string;
  readonly key?: string;
  readonly logUri?: string;
  readonly serviceRole?: string;
  readonly jobFlowRole?: string;
  readonly securityConfiguration?: string;
  readonly idleTimeout?: number;
  readonly taskQueue: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Adds the command to the group. */
export function addUp(group: Command, app: App, defaultTaskQueue: string): void {
  addEmrOptions(group.command('up'))
    .description('create an EMR cluster, or adopt the one of that name, and wait until it takes steps')
    .option('--name <name>', 'its name (default: the preset’s)')
    .option('--preset <preset>', `one of ${EMR_PRESETS.join(', ')}`, 'current')
    .option('--release <label>', 'EMR release, such as emr-7.13.0')
    .option('--instance-type <type>', 'EC2 type of each node')
    .option('--instances <count>', 'number of nodes, the primary one included', wholeNumber(1))
    .option('--subnet <subnetId>', 'subnet (default: EMR chooses one of the default VPC)')
    .option('--key <name>', 'EC2 key pair, for ssh')
    .option('--log-uri <s3Url>', 'where EMR puts logs: without it a failed step cannot say why')
    .option('--service-role <role>', 'role of EMR itself')
    .option('--job-flow-role <profile>', 'instance profile of the nodes')
    .option('--security-configuration <name>', 'EMR security configuration, such as one that demands IMDSv2')
    .option(
      '--idle-timeout <seconds>',
      'terminates itself after so long without a step; 0 for never',
      wholeNumber(0),
    )
    .option('--create-default-roles', 'create EMR_DefaultRole and EMR_EC2_DefaultRole if they are missing')
    .option(
      '--create-default-subnet [zone]',
      'create the default subnet of a zone if it is missing, and use it',
    )
    .option(
      '--create-key-pair <file>',
      'create the key pair if it is missing, and write the private key there',
    )
    .option('--task-queue <name>', 'task queue of the workers', defaultTaskQueue)
    .option('--dry-run', 'show the plan and change nothing')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Examples:
  airtempo emr up --log-uri s3://my-bucket/emr-logs/ --create-default-roles
  airtempo emr up --preset sparkify --key my-key --subnet subnet-0123abcd
  airtempo emr up --dry-run --json`,
    )
    .action((options: UpOptions) => up(app, options));
}

async function up(app: App, options: UpOptions): Promise<void> {
  const choices = toChoices(options);
  const plan = planCluster(choices);
  const found = await withEmrClient(app, options, (client) => client.findCluster(plan.name));
  if (options.dryRun === true) {
    if (options.json === true) {
      return printJson({ plan, cost: describeCost(plan), existing: found?.clusterId ?? null });
    }
    return print(formatPlan(plan));
  }
  if (found === undefined) {
    say(formatPlan(plan));
    if (
      !(await confirm(`Create EMR cluster "${plan.name}"? It costs money until it is terminated.`, options))
    )
      return;
  } else {
    say(`Cluster ${found.clusterId} is called "${plan.name}" and is ${found.status.state}: it is adopted.`);
  }
  const subnetId = found === undefined ? await prepareAccount(app, options, plan) : undefined;
  await runLifeCycle(app, {
    dagId: 'emr_up',
    name: plan.name,
    conf: { connId: options.conn, ...choices, ...(subnetId === undefined ? {} : { subnetId }) },
    taskQueue: options.taskQueue,
    askLater: `airtempo emr status --name ${plan.name}`,
  });
  const cluster = await withEmrClient(app, options, (client) => client.findCluster(plan.name));
  if (cluster === undefined) {
    throw new AirtempoError(
      'CLUSTER_NOT_FOUND',
      `Cluster "${plan.name}" is gone again: something else has ended it.`,
    );
  }
  if (options.json === true) return printJson(cluster);
  print(describeClusterLines(cluster).join('\n'));
}

function toChoices(options: UpOptions): EmrClusterChoices {
  const preset = EMR_PRESETS.find((known) => known === options.preset);
  if (preset === undefined) throw unknownPreset(options.preset);
  return {
    preset,
    name: options.name,
    release: options.release,
    instanceType: options.instanceType,
    instanceCount: options.instances,
    subnetId: options.subnet,
    keyName: options.key,
    logUri: options.logUri,
    serviceRole: options.serviceRole,
    jobFlowRole: options.jobFlowRole,
    securityConfiguration: options.securityConfiguration,
    idleTimeoutSeconds: options.idleTimeout,
  };
}

/** The name that a preset gives, or the user's. Throws INVALID_ARGUMENT. */
export function nameOf({
  name,
  preset = 'current',
}: {
  readonly name?: string;
  readonly preset?: string;
}): string {
  const known = EMR_PRESETS.find((each): each is EmrPreset => each === preset);
  if (known === undefined) throw unknownPreset(preset);
  return planCluster({ preset: known, name }).name;
}

function unknownPreset(preset: string): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `There is no preset ${JSON.stringify(preset)}. Use one of ${EMR_PRESETS.join(', ')}.`,
  );
}

function formatPlan(plan: EmrClusterPlan): string {
  const rows = [
    ['name', plan.name],
    ['release', `${plan.release} (${plan.applications.join(', ')})`],
    ['nodes', `${String(plan.instanceCount)} × ${plan.instanceType}`],
    ['cost', describeCost(plan)],
    [
      'ends',
      plan.idleTimeoutSeconds === 0
        ? 'never by itself'
        : `after ${String(plan.idleTimeoutSeconds)} s without a step`,
    ],
    ['roles', `${plan.serviceRole}, ${plan.jobFlowRole}`],
    ['subnet', plan.subnetId ?? 'chosen by EMR in the default VPC'],
    ['key', plan.keyName ?? 'none: no ssh'],
    ['logs', plan.logUri ?? 'none'],
  ];
  return [formatTable(['plan', ''], rows), ...plan.warnings.map((warning) => `warning: ${warning}`)].join(
    '\n',
  );
}
