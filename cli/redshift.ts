/** `airtempo redshift`: the life cycle of Redshift clusters. Looking asks AWS directly; changes are runs of shipped DAGs. */
import { Command } from 'commander';
import { AirtempoError } from '../core/errors.js';
import { DEFAULT_TASK_QUEUE } from '../core/workflow-options.js';
import type { App } from './app.js';
import { confirm } from './confirm.js';
import { runLifeCycle } from './life-cycle-run.js';
import { print, printJson, say } from './output.js';
import { addDown } from './redshift/down.js';
import { formatCluster } from './redshift/format-cluster.js';
import {
  addLifeCycleOptions,
  addRedshiftOptions,
  EXIT_HELP,
  withRedshift,
  type LifeCycleOptions,
  type RedshiftOptions,
} from './redshift/options.js';
import { addUp } from './redshift/up.js';

/** The command group. */
export function redshiftCommand(app: App): Command {
  const redshift = new Command('redshift');
  const taskQueue = app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE;
  addUp(redshift, app, taskQueue);

  addRedshiftOptions(redshift.command('status'))
    .description('show a cluster, or with --all those that airtempo has made')
    .option('--all', 'all that airtempo has made, in the region of the connection')
    .addHelpText('after', '\nExamples:\n  airtempo redshift status\n  airtempo redshift status --all --json')
    .action((cluster: string, options: RedshiftOptions & { readonly all?: boolean }) =>
      status(app, cluster, options),
    );

  addLifeCycleOptions(redshift.command('pause'), taskQueue)
    .description('pause a cluster: its data stays, its nodes cost nothing')
    .addHelpText('after', `\nExample:\n  airtempo redshift pause${EXIT_HELP}`)
    .action((cluster: string, options: LifeCycleOptions) => change(app, cluster, options, 'pause'));

  addLifeCycleOptions(redshift.command('resume'), taskQueue)
    .description('resume a paused cluster and wait until it answers')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', `\nExample:\n  airtempo redshift resume --yes${EXIT_HELP}`)
    .action((cluster: string, options: LifeCycleOptions) => change(app, cluster, options, 'resume'));

  addDown(redshift, app, taskQueue);
  return redshift;
}

async function status(
  app: App,
  name: string,
  options: RedshiftOptions & { readonly all?: boolean },
): Promise<void> {
  if (options.all === true) {
    const own = await withRedshift(app, options, (clusters) => clusters.listOwn());
    if (options.json === true) return printJson(own);
    if (own.length === 0) return say('There is no Redshift cluster that airtempo has made.');
    return print(own.map(formatCluster).join('\n\n'));
  }
  const cluster = await withRedshift(app, options, (clusters) => clusters.find(name));
  if (cluster === undefined) {
    throw new AirtempoError(
      'CLUSTER_NOT_FOUND',
      `There is no Redshift cluster "${name}". "airtempo redshift status --all" lists what airtempo has made; "airtempo redshift up ${name}" creates it.`,
    );
  }
  if (options.json === true) printJson(cluster);
  else print(formatCluster(cluster));
}

const CHANGES = {
  pause: { dagId: 'redshift_pause', done: 'is paused: it costs its storage only' },
  resume: { dagId: 'redshift_resume', done: 'is available' },
} as const;

async function change(
  app: App,
  name: string,
  options: LifeCycleOptions,
  verb: keyof typeof CHANGES,
): Promise<void> {
  const { dagId, done } = CHANGES[verb];
  if (
    verb === 'resume' &&
    !(await confirm(`Resume Redshift cluster "${name}"? It costs money again.`, options))
  )
    return;
  await runLifeCycle(app, {
    dagId,
    name,
    conf: { cluster: name, awsConnId: options.aws },
    taskQueue: options.taskQueue,
    askLater: `airtempo redshift status ${name}`,
  });
  if (options.json === true) {
    printJson(await withRedshift(app, options, (clusters) => clusters.find(name)));
  } else print(`Redshift cluster ${name} ${done}.`);
}
