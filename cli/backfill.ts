/** `airtempo backfill`: create, list, show, watch, pause, unpause, cancel. */
import { Command, Option } from 'commander';
import { REPROCESS } from '../core/backfill-input.js';
import { DEFAULT_TASK_QUEUE } from '../core/workflow-options.js';
import type { App } from './app.js';
import { cancelBackfill, pauseBackfill } from './backfill/control.js';
import { createBackfill, type CreateOptions } from './backfill/create.js';
import { listBackfills, type ListOptions } from './backfill/list.js';
import { showBackfill, watchAgain } from './backfill/show.js';
import { withTemporal } from './temporal.js';
import { wholeNumber } from './whole-number.js';

interface JsonOption {
  readonly json?: boolean;
}

/** The command group. */
export function backfillCommand(app: App): Command {
  const backfill = new Command('backfill');
  addCreate(app, backfill.command('create <dagId>'));
  backfill
    .command('list')
    .description('list the newest backfills')
    .option('--dag <dagId>', 'backfills of this DAG only')
    .option('--limit <n>', 'how many at most', wholeNumber(1), 20)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo backfill list --dag awst_redshift_dag')
    .action((options: ListOptions) => withTemporal(app, (session) => listBackfills(session, options)));
  const add = (name: string, description: string): Command =>
    backfill
      .command(`${name} <backfill>`)
      .description(description)
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        `\nThe backfill is named by its id or by its DAG, whose latest is meant.\n\nExample:\n  airtempo backfill ${name} awst_redshift_dag`,
      );
  add('show', 'show a backfill and its dates').action((id: string, options: JsonOption) =>
    withTemporal(app, (session) => showBackfill(session, id, options)),
  );
  add('watch', 'follow a backfill to its end; exit code 1 if it fails').action(
    (id: string, options: JsonOption) => withTemporal(app, (session) => watchAgain(session, id, options)),
  );
  add('pause', 'start no more runs; those under way go on').action((id: string, options: JsonOption) =>
    withTemporal(app, (session) => pauseBackfill(session, id, 'pause', options)),
  );
  add('unpause', 'go on after a pause').action((id: string, options: JsonOption) =>
    withTemporal(app, (session) => pauseBackfill(session, id, 'resume', options)),
  );
  add('cancel', 'end a backfill; its runs under way go on').action((id: string, options: JsonOption) =>
    withTemporal(app, (session) => cancelBackfill(session, id, options)),
  );
  return backfill;
}

function addCreate(app: App, command: Command): void {
  command
    .description('run a DAG for every date of a range')
    .requiredOption('--from <date>', 'first logical date, e.g. 2018-11-01')
    .requiredOption('--to <date>', 'last logical date, inclusive; a date without a time is that whole day')
    .addOption(
      new Option('--reprocess <which>', 'which dates that have a run already are run again')
        .choices(REPROCESS)
        .default('none'),
    )
    .option('--max-active-runs <n>', 'how many runs at once', wholeNumber(1), 10)
    .option('--reverse', 'newest first')
    .option('--conf <json>', 'params of every run: JSON, @file, or - for stdin')
    .option('--tasks <task...>', 'only these tasks: ids or regular expressions')
    .option('--stop-on-failure', 'start nothing more once a run has failed')
    .option('--dry-run', 'only tell what would be done with each date')
    .option('--watch', 'follow the backfill to its end; exit code 1 if it fails')
    .option('--json', 'print JSON')
    .option(
      '--task-queue <name>',
      'task queue of the workers',
      app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
    )
    .addHelpText(
      'after',
      `
Examples:
  airtempo backfill create awst_redshift_dag --from 2018-11-01 --to 2018-11-30 --conf '{"mode":"day"}' --dry-run
  airtempo backfill create awst_redshift_dag --from 2018-11-01 --to 2018-11-30 --conf '{"mode":"day"}' --max-active-runs 4 --watch
The same by other tools:
  temporal workflow start --type backfill --task-queue airtempo --input '{"dagId":"awst_redshift_dag","from":"2018-11-01","to":"2018-11-30"}'
  tctl workflow start --workflow_type backfill --taskqueue airtempo --input '{"dagId":"awst_redshift_dag","from":"2018-11-01","to":"2018-11-30"}'`,
    )
    .action((dagId: string, options: CreateOptions) =>
      withTemporal(app, (session) => createBackfill(session, dagId, options)),
    );
}
