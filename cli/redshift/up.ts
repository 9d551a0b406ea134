/** `airtempo redshift up`: shows what would be created and what it costs, asks, and has it created by a run of redshift_up. */
import type { Command } from 'commander';
import { describePrice } from '../../connections/redshift-clusters/cluster-price.js';
import {
  CLUSTER_PRESETS,
  CLUSTER_PRESET_NAMES,
  type ClusterPresetName,
} from '../../connections/redshift-clusters/cluster-spec.js';
import { parseIngressCidr } from '../../connections/redshift-clusters/ingress-address.js';
import { createRolePolicy } from '../../connections/redshift-clusters/role-policy.js';
import { AirtempoError } from '../../core/errors.js';
import type { App } from '../app.js';
import { confirm } from '../confirm.js';
import { runLifeCycle } from '../life-cycle-run.js';
import { formatTable, print, printJson, say } from '../output.js';
import { findCallerCidr } from './caller-address.js';
import { formatCluster } from './format-cluster.js';
import { addLifeCycleOptions, EXIT_HELP, withRedshift, type LifeCycleOptions } from './options.js';
import { wholeNumber } from '../whole-number.js';

interface UpOptions extends LifeCycleOptions {
  readonly preset: string;
  readonly nodeType?: string;
  readonly nodes?: number;
  readonly database: string;
  readonly public?: boolean;
  readonly cidr?: string;
  readonly data: readonly string[];
  readonly role: string;
  readonly vpc?: string;
  readonly subnetGroup?: string;
  readonly conn: string;
  readonly driver?: string;
  readonly dryRun?: boolean;
}

/** Adds the command to the group. */
export function addUp(group: Command, app: App, taskQueue: string): void {
  addLifeCycleOptions(group.command('up'), taskQueue)
    .description('create or resume a cluster, wait until it answers, and write its connection')
    .option('--preset <preset>', `one of ${CLUSTER_PRESET_NAMES.join(', ')}`, 'current')
    .option('--node-type <type>', 'such as ra3.xlplus, instead of the preset’s')
    .option('--nodes <count>', 'number of nodes, instead of the preset’s', wholeNumber(1))
    .option('--database <name>', 'the database that it comes with', 'dev')
    .option('--public', 'give it an address outside its VPC, for your address alone')
    .option('--cidr <network>', 'who may connect (with --public default: your address, looked up)')
    .option('--data <s3Url...>', 'prefixes that it may read', [
      's3://sparkify/log_data/',
      's3://sparkify/song_data/',
    ])
    .option('--role <name>', 'IAM role for COPY', 'RedshiftRole')
    .option('--vpc <vpcId>', 'VPC of the security group (default: the default VPC)')
    .option('--subnet-group <name>', 'cluster subnet group, for a VPC that is not the default one')
    .option('--conn <connId>', 'the connection to write', 'redshift')
    .option('--driver <driver>', 'wire or data-api (default: wire with --public, else data-api)')
    .option('--dry-run', 'show the plan and change nothing')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Examples:
  airtempo redshift up
  airtempo redshift up my-warehouse --public --data s3://my-bucket/log_data/ s3://my-bucket/song_data/
  airtempo redshift up --preset sparkify --dry-run${EXIT_HELP}`,
    )
    .action((cluster: string, options: UpOptions) => up(app, cluster, options));
}

async function up(app: App, name: string, options: UpOptions): Promise<void> {
  const conf = await createConf(name, options);
  const found = await withRedshift(app, options, (clusters) => clusters.find(name));
  if (options.dryRun === true) {
    if (options.json === true) printJson({ plan: conf, existing: found?.status ?? null });
    else print(formatPlan(conf));
    return;
  }
  say(formatPlan(conf));
  if (found !== undefined) say(`There is a cluster of that name already: it is ${found.status}.`);
  if (!(await confirm(`Bring up Redshift cluster "${name}"? It costs money until it is deleted.`, options)))
    return;
  await runLifeCycle(app, {
    dagId: 'redshift_up',
    name,
    conf,
    taskQueue: options.taskQueue,
    askLater: `airtempo redshift status ${name}`,
  });
  const cluster = await withRedshift(app, options, (clusters) => clusters.find(name));
  if (cluster === undefined) {
    throw new AirtempoError(
      'CLUSTER_NOT_FOUND',
      `Redshift cluster "${name}" is gone again: something else has deleted it.`,
    );
  }
  if (options.json === true) printJson(cluster);
  else
    print(
      `${formatCluster(cluster)}\nConnection ${options.conn} leads to it. Delete it with: airtempo redshift down ${name}`,
    );
}

/** The conf of the run: what the person chose, checked before anybody is asked. */
interface UpConf {
  readonly cluster: string;
  readonly preset: ClusterPresetName;
  readonly nodeType: string;
  readonly nodes: number;
  readonly publiclyAccessible: boolean;
  readonly cidr?: string;
  readonly dataPrefixes: readonly string[];
  readonly roleName: string;
  readonly connId: string;
  readonly driver: 'wire' | 'data-api';
  readonly [other: string]: unknown;
}

async function createConf(cluster: string, options: UpOptions): Promise<UpConf> {
  const preset = CLUSTER_PRESET_NAMES.find((known) => known === options.preset);
  if (preset === undefined) throw unknown('preset', options.preset, CLUSTER_PRESET_NAMES);
  const drivers = ['wire', 'data-api'] as const;
  const isPublic = options.public ?? false;
  const given = options.driver ?? (isPublic ? 'wire' : 'data-api');
  const driver = drivers.find((known) => known === given);
  if (driver === undefined) throw unknown('driver', given, drivers);
  createRolePolicy(options.data); // a wrong prefix is told now
  const cidr =
    options.cidr === undefined
      ? isPublic
        ? await findCallerCidr()
        : undefined
      : parseIngressCidr(options.cidr);
  return {
    cluster,
    awsConnId: options.aws,
    preset,
    nodeType: options.nodeType ?? CLUSTER_PRESETS[preset].nodeType,
    nodes: options.nodes ?? CLUSTER_PRESETS[preset].nodes,
    database: options.database,
    publiclyAccessible: isPublic,
    ...(cidr === undefined ? {} : { cidr }),
    dataPrefixes: options.data,
    roleName: options.role,
    ...(options.vpc === undefined ? {} : { vpcId: options.vpc }),
    ...(options.subnetGroup === undefined ? {} : { subnetGroup: options.subnetGroup }),
    connId: options.conn,
    driver,
  };
}

function unknown(what: string, given: string, known: readonly string[]): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `There is no ${what} ${JSON.stringify(given)}. Use one of ${known.join(', ')}.`,
  );
}

function formatPlan(conf: UpConf): string {
  const rows = [
    ['cluster', conf.cluster],
    ['nodes', `${String(conf.nodes)} × ${conf.nodeType}`],
    ['cost', describePrice(conf.nodeType, conf.nodes)],
    ['address', conf.publiclyAccessible ? 'public' : 'inside its VPC only'],
    ['port 5439', conf.cidr === undefined ? 'open to nobody' : `open to ${conf.cidr}`],
    ['reads', conf.dataPrefixes.join(', ')],
    ['role', conf.roleName],
    ['password', 'made and rotated by AWS Secrets Manager; each session gets one for minutes'],
    ['encrypted', 'yes'],
    ['connection', `${conf.connId}, by ${conf.driver}`],
  ];
  return formatTable(['plan', ''], rows);
}
