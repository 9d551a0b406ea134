/** `airtempo dags pause|unpause`: the ON/OFF switch of DAGs, which is the pause of their schedules. */
import { hostname, userInfo } from 'node:os';
import { Command } from 'commander';
import type { Client } from '@temporalio/client';
import type { Dag } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import { messageOf } from '../core/outside-value.js';
import { fromDescription, isMadeByAirtempo } from '../schedules/client-schedule.js';
import { isScheduled } from '../schedules/deploy.js';
import { computeDesiredSchedule } from '../schedules/desired-schedule.js';
import type { ActualSchedule } from '../schedules/reconcile.js';
import type { ScheduledDag } from '../schedules/schedule-spec.js';
import { switchOn } from '../schedules/switch-on.js';
import {
  callSchedule,
  describeSchedule,
  listSwitches,
  patchSchedule,
} from '../schedules/temporal-schedules.js';
import { findDag } from '../workers/plan-run.js';
import type { App } from './app.js';
import { print, printJson, say } from './output.js';
import { connectTemporal } from './temporal.js';

interface SwitchOptions {
  readonly dags?: readonly string[];
  readonly regex?: boolean;
  readonly json?: boolean;
}

interface Switched {
  readonly dagId: string;
  readonly state: 'on' | 'off';
  /** False when it was so already. */
  readonly changed: boolean;
  readonly started?: readonly Date[];
}

/** Adds `pause` and `unpause` to the command group `dags`. */
export function addSwitchCommands(dags: Command, app: App): void {
  dags
    .command('pause <dagIds...>')
    .description('switch DAGs off: their schedules start no more runs; those in flight go on')
    .option('--regex', 'the ids are regular expressions, as Airflow’s --treat-dag-id-as-regex')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  airtempo dags pause awst_redshift_dag\n  airtempo dags pause --regex '^sparkify_'",
    )
    .action((dagIds: readonly string[], options: SwitchOptions) => pause(app, dagIds, options));
  dags
    .command('unpause <dagIds...>')
    .description(
      'switch DAGs on, and start what they are owed: with catchup every missed run, without it the latest one',
    )
    .option(
      '--dags <folder...>',
      'DAG folders or files (default: $AIRTEMPO_DAGS, ./dags and the shipped DAGs)',
      [],
    )
    .option('--regex', 'the ids are regular expressions, as Airflow’s --treat-dag-id-as-regex')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo dags unpause awst_redshift_dag')
    .action((dagIds: readonly string[], options: SwitchOptions) => unpause(app, dagIds, options));
}

/** Who does it and when, for the note of a schedule, which the Web UI shows. */
export function signNote(what: string, now: Date = new Date()): string {
  return `${what}, ${userName()}@${hostname()}, ${now.toISOString().slice(0, 16)}Z`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody'; // a container's user may have no name
  }
}

async function pause(app: App, patterns: readonly string[], options: SwitchOptions): Promise<void> {
  await withClient(app, async (client) => {
    const switched: Switched[] = [];
    for (const dagId of await selectDeployed(client, patterns, options)) {
      const handle = client.schedule.getHandle(dagId);
      const changed = !(await callSchedule(client, () => handle.describe())).state.paused;
      if (changed) await patchSchedule(client, handle, () => handle.pause(signNote('Paused with airtempo')));
      switched.push({ dagId, state: 'off', changed });
    }
    report(switched, options);
  });
}

async function unpause(app: App, patterns: readonly string[], options: SwitchOptions): Promise<void> {
  const { dags, errors } = await app.loadDags(options.dags ?? []);
  for (const { error } of errors) say(`warning: ${error.message}`);
  await withClient(app, async (client) => {
    const switched: Switched[] = [];
    for (const dagId of await selectDeployed(client, patterns, options)) {
      const dag = findDag(dagId, dags);
      if (!isScheduled(dag)) throw withoutSchedule(dag);
      const handle = client.schedule.getHandle(dagId);
      const deployed = fromDescription(await callSchedule(client, () => handle.describe()));
      const changed = deployed.paused;
      tellStale(dag, deployed);
      const { started } = await switchOn(client, dag, signNote('Switched on with airtempo'));
      switched.push({ dagId, state: 'on', changed, started });
    }
    report(switched, options);
  });
}

/** What is owed follows the DAG file, what comes later the schedule: they should say the same. */
function tellStale(dag: ScheduledDag, { specHash, view }: ActualSchedule): void {
  const desired = computeDesiredSchedule(dag, view.fields['task queue'] ?? '', new Date());
  if (desired.specHash === specHash) return;
  say(`note: DAG ${dag.id} has changed since it was deployed. Run "airtempo deploy" to update its schedule.`);
}

function withoutSchedule({ id }: Dag): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `DAG ${id} has no schedule, so there is nothing to switch on. Start a run with "airtempo dags trigger ${id}".`,
  );
}

async function withClient(app: App, work: (client: Client) => Promise<void>): Promise<void> {
  const session = await connectTemporal(app);
  try {
    await work(session.client);
  } finally {
    await session.close();
  }
}

/** The deployed DAGs that are meant, checked before the first of them is touched. */
async function selectDeployed(
  client: Client,
  patterns: readonly string[],
  options: SwitchOptions,
): Promise<readonly string[]> {
  if (options.regex === true) return selectByRegex([...(await listSwitches(client)).keys()], patterns);
  const dagIds = [...new Set(patterns)];
  for (const dagId of dagIds) {
    const description = await describeSchedule(client, dagId);
    if (!isMadeByAirtempo(description?.memo)) throw notDeployed(dagId);
  }
  return dagIds;
}

function selectByRegex(deployed: readonly string[], patterns: readonly string[]): readonly string[] {
  const regexes = patterns.map(parseRegex);
  const found = deployed.filter((dagId) => regexes.some((regex) => regex.test(dagId))).sort();
  if (found.length > 0) return found;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `No deployed DAG matches ${patterns.join(', ')}. Deployed are: ${deployed.join(', ') || 'none'}.`,
  );
}

function parseRegex(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new AirtempoError('INVALID_ARGUMENT', `--regex ${pattern} cannot be read: ${reason}.`, { cause });
  }
}

function notDeployed(dagId: string): AirtempoError {
  return new AirtempoError(
    'UNKNOWN_DAG',
    `DAG ${JSON.stringify(dagId)} is not deployed: it has no schedule on Temporal. ` +
      `Run "airtempo deploy" first, and see "airtempo dags list" for what is deployed.`,
  );
}

function report(switched: readonly Switched[], { json }: SwitchOptions): void {
  if (json === true) {
    printJson(switched);
    return;
  }
  for (const { dagId, state, changed, started } of switched) {
    print(`${dagId} is ${state}${changed ? '' : ', as it was'}`);
    for (const line of describeStarted(started)) print(`  ${line}`);
  }
}

/** Which runs were started when a DAG was switched on, in words. */
export function describeStarted(started: readonly Date[] | undefined): readonly string[] {
  const [first] = started ?? [];
  const last = started?.at(-1);
  if (first === undefined || last === undefined || started === undefined) return [];
  if (started.length === 1) return [`started the run of ${formatInstant(first)}`];
  return [`started ${String(started.length)} missed runs, ${formatInstant(first)} to ${formatInstant(last)}`];
}

function formatInstant(date: Date): string {
  return date.toISOString().replace(/(:00)?\.000Z$/, 'Z');
}
