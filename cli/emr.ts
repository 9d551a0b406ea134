/** `airtempo emr`: the life cycle of EMR clusters, and the way into one. */
import { Command } from 'commander';
import { connectEmrAccount } from '../connections/emr/account.js';
import { parseIngressCidr } from '../connections/redshift-clusters/ingress-address.js';
import { AirtempoError } from '../core/errors.js';
import { DEFAULT_TASK_QUEUE } from '../core/workflow-options.js';
import type { App } from './app.js';
import { addCheck } from './emr/check.js';
import { addDown } from './emr/down.js';
import { describeClusterLines } from './emr/format-cluster.js';
import {
  addEmrOptions,
  findAws,
  findCluster,
  withEmrClient,
  type ClusterOptions,
  type EmrOptions,
} from './emr/options.js';
import { formatTunnelCommands } from './emr/tunnel.js';
import { addUp, nameOf } from './emr/up.js';
import { formatTable, print, printJson, say } from './output.js';

/** The command group. */
export function emrCommand(app: App): Command {
  const emr = new Command('emr');
  const taskQueue = app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE;
  addUp(emr, app, taskQueue);

  addClusterOptions(emr.command('status'))
    .description('show a cluster')
    .addHelpText(
      'after',
      '\nExamples:\n  airtempo emr status\n  airtempo emr status --cluster-id j-2AXXXXXXGAPLF --json',
    )
    .action((options: ClusterOptions) => status(app, options));

  addEmrOptions(emr.command('list'))
    .description('list the clusters that cost money, whoever made them')
    .addHelpText('after', '\nExample:\n  airtempo emr list --json')
    .action((options: EmrOptions) => list(app, options));

  addDown(emr, app, taskQueue);

  addClusterOptions(emr.command('allow-ssh'))
    .description('let an address in to the primary node by ssh')
    .requiredOption('--cidr <network>', 'your address, such as 203.0.113.4/32')
    .addHelpText('after', '\nExample:\n  airtempo emr allow-ssh --cidr 203.0.113.4/32')
    .action((options: ClusterOptions & { readonly cidr: string }) => allowSsh(app, options));

  addClusterOptions(emr.command('ssh-tunnel'))
    .description('print the ssh commands to the primary node and its web pages; runs nothing')
    .option('--key-file <file>', 'private key of the cluster’s key pair', 'KEY.pem')
    .addHelpText('after', '\nExample:\n  airtempo emr ssh-tunnel --key-file ~/.ssh/my-key.pem')
    .action((options: ClusterOptions & { readonly keyFile: string }) => sshTunnel(app, options));

  addCheck(emr, app);
  return emr;
}

function addClusterOptions(command: Command): Command {
  return addEmrOptions(command)
    .option('--name <name>', 'name of the cluster (default: the preset’s)')
    .option('--preset <preset>', 'whose name is meant', 'current')
    .option('--cluster-id <id>', 'its id, instead of the name');
}

async function status(app: App, options: ClusterOptions): Promise<void> {
  const cluster = await withEmrClient(app, options, (client) =>
    findCluster(client, options, nameOf(options)),
  );
  if (options.json === true) printJson(cluster);
  else print(describeClusterLines(cluster).join('\n'));
}

async function list(app: App, options: EmrOptions): Promise<void> {
  const clusters = await withEmrClient(app, options, (client) => client.listClusters());
  if (options.json === true) return printJson(clusters);
  if (clusters.length === 0) return say('No EMR cluster is up.');
  const rows = clusters.map(({ clusterId, name, state }) => [clusterId, name, state]);
  print(formatTable(['cluster', 'name', 'state'], rows));
}

async function allowSsh(app: App, options: ClusterOptions & { readonly cidr: string }): Promise<void> {
  const cidr = parseIngressCidr(options.cidr);
  const cluster = await withEmrClient(app, options, (client) =>
    findCluster(client, options, nameOf(options)),
  );
  const { clusterId, masterSecurityGroup: groupId } = cluster;
  if (groupId === undefined) {
    throw new AirtempoError(
      'CLUSTER_NOT_FOUND',
      `EMR has not given cluster ${clusterId} a security group yet. Wait until "airtempo emr status" says WAITING.`,
    );
  }
  const account = connectEmrAccount(await findAws(app, options));
  try {
    const outcome = await account.allowSsh(groupId, cidr);
    if (options.json === true) return printJson({ clusterId, groupId, cidr, outcome });
    print(`${groupId} ${outcome === 'added' ? 'now lets' : 'lets'} ${cidr} in by ssh.`);
  } finally {
    account.close();
  }
}

async function sshTunnel(app: App, options: ClusterOptions & { readonly keyFile: string }): Promise<void> {
  const cluster = await withEmrClient(app, options, (client) =>
    findCluster(client, options, nameOf(options)),
  );
  if (cluster.masterDns === undefined) {
    throw new AirtempoError(
      'CLUSTER_NOT_FOUND',
      `Cluster ${cluster.clusterId} is ${cluster.status.state} and has no address yet. Try again when it is WAITING.`,
    );
  }
  const commands = formatTunnelCommands(cluster.masterDns, options.keyFile);
  if (options.json === true) return printJson(commands);
  print(commands.map(({ what, command }) => `# ${what}\n${command}`).join('\n'));
}
