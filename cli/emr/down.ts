/** `airtempo emr down`: terminates a cluster by a run of emr_down, and waits until it is gone. */
import type { Command } from 'commander';
import type { App } from '../app.js';
import { confirm } from '../confirm.js';
import { print, printJson } from '../output.js';
import { runLifeCycle } from '../life-cycle-run.js';
import { addEmrOptions, withEmrClient, type ClusterOptions } from './options.js';
import { nameOf } from './up.js';

interface DownOptions extends ClusterOptions {
  readonly taskQueue: string;
  readonly yes?: boolean;
}

/** Adds the command to the group. */
export function addDown(group: Command, app: App, defaultTaskQueue: string): void {
  addEmrOptions(group.command('down'))
    .description('terminate a cluster and wait until it is gone; one that is gone already is no error')
    .option('--name <name>', 'name of the cluster that airtempo has made (default: the preset’s)')
    .option('--preset <preset>', 'whose name is meant', 'current')
    .option('--cluster-id <id>', 'its id, instead of the name; also for a cluster that airtempo has not made')
    .option('--task-queue <name>', 'task queue of the workers', defaultTaskQueue)
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  airtempo emr down\n  airtempo emr down --preset sparkify --yes')
    .action((options: DownOptions) => down(app, options));
}

async function down(app: App, options: DownOptions): Promise<void> {
  const { clusterId } = options;
  const name = nameOf(options);
  const target = clusterId ?? (await findByName(app, options, name));
  if (target === undefined) {
    if (options.json === true) return printJson({ name, state: 'ABSENT' });
    return print(`No EMR cluster "${name}" is up: nothing to terminate.`);
  }
  if (!(await confirm(`Terminate EMR cluster ${target}? What is on its disks is lost.`, options))) return;
  await runLifeCycle(app, {
    dagId: 'emr_down',
    name: target,
    conf: { connId: options.conn, clusterId: target },
    taskQueue: options.taskQueue,
    askLater: `airtempo emr status --cluster-id ${target}`,
  });
  if (options.json === true) return printJson({ clusterId: target, state: 'TERMINATED' });
  print(`EMR cluster ${target} is gone.`);
}

/** The cluster that airtempo has made, active or on its way out. */
async function findByName(app: App, options: ClusterOptions, name: string): Promise<string | undefined> {
  return withEmrClient(app, options, async (client) => {
    const active = await client.findCluster(name);
    if (active !== undefined) return active.clusterId;
    const ending = await client.listClusters({ states: ['TERMINATING'] });
    return ending.find((cluster) => cluster.name === name)?.clusterId;
  });
}
