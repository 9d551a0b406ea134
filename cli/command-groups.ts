/**
 * The command groups, with what loads each: a command pays for the libraries that it uses, and `--help` for none. The
 * AWS SDK and Temporal's worker take seconds to load.
 */
import type { Command } from 'commander';
import type { App } from './app.js';

/** A word after `airtempo`. */
export interface CommandGroup {
  readonly name: string;
  /** For the list of commands and the group's own help. */
  readonly description: string;
  /** Builds the command, without its description. */
  load(app: App): Promise<Command>;
}

/** Every group, in the order of `airtempo --help`. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    name: 'init',
    description: 'make the beginnings of a project: a first DAG, and what it needs',
    load: async (app) => (await import('./init.js')).initCommand(app),
  },
  {
    name: 'dev',
    description: 'start Temporal with its Web UI, Postgres, an S3 server and a worker on this machine',
    load: async (app) => (await import('./dev.js')).devCommand(app),
  },
  {
    name: 'worker',
    description: 'run DAGs and their tasks until stopped (SIGTERM: running tasks get 30 s to end)',
    load: async (app) => (await import('./worker.js')).workerCommand(app),
  },
  {
    name: 'deploy',
    description: 'make the schedules on Temporal those of the DAGs; safe to repeat',
    load: async (app) => (await import('./deploy.js')).deployCommand(app),
  },
  {
    name: 'dags',
    description: 'list, show, switch, trigger, test and validate DAGs; say when they run next',
    load: async (app) => (await import('./dags.js')).dagsCommand(app),
  },
  {
    name: 'runs',
    description: 'list, show, watch and repair runs, and read logs of tasks',
    load: async (app) => (await import('./runs.js')).runsCommand(app),
  },
  {
    name: 'backfill',
    description: 'run a DAG for a range of past dates',
    load: async (app) => (await import('./backfill.js')).backfillCommand(app),
  },
  {
    name: 'explain',
    description: 'say why a run or one of its tasks waits, was skipped or failed',
    load: async (app) => (await import('./explain.js')).explainCommand(app),
  },
  {
    name: 'tasks',
    description: 'render tasks; repair tasks of a run: clear, mark, retry, approve',
    load: async (app) => (await import('./tasks.js')).tasksCommand(app),
  },
  {
    name: 'pools',
    description: 'the pools whose slots limit how many tasks run at once',
    load: async (app) => (await import('./pools.js')).poolsCommand(app),
  },
  {
    name: 'codec-server',
    description: 'let the Web UI and the temporal command read encrypted payloads',
    load: async (app) => (await import('./codec-server.js')).codecServerCommand(app),
  },
  {
    name: 'connections',
    description: 'Add, show, test and move the connections that DAGs name',
    load: async (app) => {
      const { connectionsCommand } = await import('./connections.js');
      const { createConnectionsDeps } = await import('./connections-deps.js');
      return connectionsCommand(createConnectionsDeps(app));
    },
  },
  {
    name: 'variables',
    description: 'list, set and move the variables that DAGs read',
    load: async (app) => (await import('./variables.js')).variablesCommand(app),
  },
  {
    name: 'data',
    description: 'make event data of invented listeners, and check it',
    load: async (app) => (await import('./data.js')).dataCommand(app),
  },
  {
    name: 'churn',
    description: 'who will cancel: features of events, a model, and its card',
    load: async (app) => (await import('./churn.js')).churnCommand(app),
  },
  {
    name: 'insights',
    description: 'fifteen insights into event data: tables, and a report with charts',
    load: async (app) => (await import('./insights.js')).insightsCommand(app),
  },
  {
    name: 'kafka',
    description:
      'send events to a topic, watch it; list and send back messages that an ingest could not read',
    load: async (app) => (await import('./kafka.js')).kafkaCommand(app),
  },
  {
    name: 'emr',
    description: 'clusters of Amazon EMR: create, look, reach, terminate',
    load: async (app) => (await import('./emr.js')).emrCommand(app),
  },
  {
    name: 'redshift',
    description: 'clusters of Amazon Redshift: create, look, pause, resume, delete',
    load: async (app) => (await import('./redshift.js')).redshiftCommand(app),
  },
  {
    name: 's3',
    description: 'look at data in S3',
    load: async (app) => (await import('./s3.js')).s3Command(app),
  },
  {
    name: 'aws',
    description: 'the AWS account as a whole',
    load: async (app) => (await import('./aws.js')).awsCommand(app),
  },
  {
    name: 'demo',
    description: 'load the Sparkify data from S3 into the star schema, on this machine, and show the result',
    load: async (app) => (await import('./demo.js')).demoCommand(app),
  },
];
