/** `airtempo aws sweep`: what is left of what airtempo has made, and what it costs. It removes nothing. */
import type { Command } from 'commander';
import { sweepAws, type AwsResource, type AwsSweep } from '../../connections/aws-sweep.js';
import { MANAGED_TAG } from '../../connections/aws-tags.js';
import { AirtempoError } from '../../core/errors.js';
import type { Connection } from '../../core/connection.js';
import type { App } from '../app.js';
import { formatDuration, formatTable, print, printJson, say } from '../output.js';
import { waitForStop } from '../wait-for-stop.js';

interface SweepOptions {
  readonly connId: string;
  readonly region?: readonly string[];
  readonly failIfAny?: true;
  readonly json?: true;
}

/** What was found, with the region that was looked at. */
interface FoundResource extends AwsResource {
  readonly region: string | undefined;
}

/** Adds the subcommand `sweep`. */
export function registerSweep(aws: Command, app: App): void {
  aws
    .command('sweep')
    .description(`list what airtempo has made and what is still there (tag ${MANAGED_TAG}); removes nothing`)
    .option('--conn-id <id>', 'connection of type aws', 'aws_credentials')
    .option('--region <region...>', 'regions to look at (default: the connection’s)')
    .option('--fail-if-any', 'exit code 1 when anything is left, for CI')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ airtempo aws sweep
  $ airtempo aws sweep --region us-west-2 us-east-1 --fail-if-any`,
    )
    .action((options: SweepOptions) => run(app, options));
}

async function run(app: App, options: SweepOptions): Promise<void> {
  const connection = await app.registry.get(options.connId);
  const stop = waitForStop();
  try {
    const found: FoundResource[] = [];
    const problems: AwsSweep['problems'][number][] = [];
    for (const region of options.region ?? [undefined]) {
      const sweep = await sweepAws(inRegion(connection, region), stop.signal);
      found.push(...withRegion(sweep.resources, region, found));
      problems.push(...sweep.problems);
    }
    report(found, problems, options);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say('Stopped before the end.');
    process.exitCode = 130;
  } finally {
    stop.dispose();
  }
}

function inRegion(connection: Connection, region: string | undefined): Connection {
  if (region === undefined) return connection;
  return { ...connection, extra: { ...connection.extra, region_name: region } };
}

/** Roles belong to no region: they are told once. */
function withRegion(
  resources: readonly AwsResource[],
  region: string | undefined,
  known: readonly FoundResource[],
): readonly FoundResource[] {
  return resources
    .filter(({ kind, id }) => kind !== 'iam-role' || !known.some((one) => one.kind === kind && one.id === id))
    .map((resource) => ({ ...resource, region: resource.kind === 'iam-role' ? undefined : region }));
}

function report(
  found: readonly FoundResource[],
  problems: AwsSweep['problems'],
  { json, failIfAny }: SweepOptions,
): void {
  if (json === true) printJson({ resources: found, problems });
  else if (found.length > 0) print(formatResources(found, Date.now()));
  else if (problems.length === 0) say('Nothing is left: there is nothing with the tag of airtempo.');
  for (const { kind, message } of problems) say(`warning: cannot look for ${kind}: ${message}`);
  const kinds = problems.map(({ kind }) => kind).join(', ');
  if (problems.length > 0) {
    throw new AirtempoError(
      'ACCESS_DENIED',
      `The sweep is not complete: it could not look for ${kinds}. docs/iam.md has what it must be allowed to do.`,
    );
  }
  if (failIfAny === true && found.length > 0) process.exitCode = 1;
}

function formatResources(found: readonly FoundResource[], now: number): string {
  const rows = found.map(({ kind, id, name, region, state, createdAt, costs, remove }) => [
    kind,
    id === name ? id : `${id} (${name})`,
    region ?? '',
    state,
    createdAt === undefined ? '' : formatDuration(Math.max(0, now - Date.parse(createdAt))),
    costs === 'nothing' ? '' : costs,
    region === undefined || !remove.startsWith('aws ') ? remove : `${remove} --region ${region}`,
  ]);
  return formatTable(['kind', 'id', 'region', 'state', 'age', 'costs', 'to remove it'], rows);
}
