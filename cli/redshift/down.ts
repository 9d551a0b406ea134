/** `airtempo redshift down`: deletes a cluster by a run of redshift_down, and waits until it is gone. */
import type { Command } from 'commander';
import type { App } from '../app.js';
import { confirm } from '../confirm.js';
import { runLifeCycle } from '../life-cycle-run.js';
import { print, printJson } from '../output.js';
import { addLifeCycleOptions, EXIT_HELP, type LifeCycleOptions } from './options.js';

interface DownOptions extends LifeCycleOptions {
  readonly finalSnapshot?: string;
  readonly removeAccess?: boolean;
  readonly role: string;
  readonly vpc?: string;
  readonly conn: string;
}

/** Adds the command to the group. */
export function addDown(group: Command, app: App, taskQueue: string): void {
  addLifeCycleOptions(group.command('down'), taskQueue)
    .description('delete a cluster and wait until it is gone; one that is gone already is no error')
    .option('--final-snapshot <name>', 'keep the data in a snapshot, which costs storage until you delete it')
    .option('--remove-access', 'delete its security group and the IAM role too')
    .option('--role <name>', 'that role', 'RedshiftRole')
    .option('--vpc <vpcId>', 'VPC of the security group (default: the default VPC)')
    .option('--conn <connId>', 'the connection to remove, if it leads to the cluster', 'redshift')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Examples:
  airtempo redshift down
  airtempo redshift down my-warehouse --final-snapshot my-warehouse-2018
  airtempo redshift down --remove-access --yes${EXIT_HELP}`,
    )
    .action((cluster: string, options: DownOptions) => down(app, cluster, options));
}

async function down(app: App, name: string, options: DownOptions): Promise<void> {
  const { finalSnapshot, vpc } = options;
  const data =
    finalSnapshot === undefined ? 'Its data is lost.' : `Its data stays in snapshot ${finalSnapshot}.`;
  if (!(await confirm(`Delete Redshift cluster "${name}"? ${data}`, options))) return;
  await runLifeCycle(app, {
    dagId: 'redshift_down',
    name,
    conf: {
      cluster: name,
      awsConnId: options.aws,
      ...(finalSnapshot === undefined ? {} : { finalSnapshot }),
      removeAccess: options.removeAccess ?? false,
      roleName: options.role,
      ...(vpc === undefined ? {} : { vpcId: vpc }),
      connId: options.conn,
    },
    taskQueue: options.taskQueue,
    askLater: `airtempo redshift status ${name}`,
  });
  if (options.json === true) return printJson({ cluster: name, state: 'gone' });
  const hint =
    options.removeAccess === true
      ? ''
      : '\nIts security group and role are still there and cost nothing; --remove-access deletes them too.';
  print(`Redshift cluster ${name} is gone.${hint}`);
}
