/** `connections test`: tries to connect, from this machine, and tells what it found. */
import type { Command } from 'commander';
import { AirtempoError } from '../../core/errors.js';
import type { Connection } from '../../core/connection.js';
import { messageOf } from '../../core/outside-value.js';
import { createSecretScrubber } from '../../connections/index.js';
import type { ConnectionsCommandDeps, ConnectionTestResult } from './deps.js';
import { formatJson, makePrintable } from './render.js';

interface TestOptions {
  readonly all?: true;
  readonly timeout: string;
  readonly json?: true;
}

interface NamedResult extends ConnectionTestResult {
  readonly conn_id: string;
}

function parseTimeoutMs(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 3_600) return seconds * 1_000;
  throw new AirtempoError('INVALID_ARGUMENT', `--timeout ${text} is not a number of seconds from 0 to 3600.`);
}

/** A tester that does not listen to its signal must not keep the command waiting. */
async function runTester(deps: ConnectionsCommandDeps, connection: Connection, timeoutMs: number) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<ConnectionTestResult>((resolve) => {
    timer = setTimeout(() => {
      controller.abort();
      resolve({
        ok: false,
        message: `no answer within ${timeoutMs / 1_000} s: check host, port and firewall`,
      });
    }, timeoutMs);
  });
  try {
    return await Promise.race([deps.testers[connection.type](connection, controller.signal), timeout]);
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

async function testOne(deps: ConnectionsCommandDeps, id: string, timeoutMs: number): Promise<NamedResult> {
  const connection = await deps.registry.get(id);
  const scrubber = createSecretScrubber();
  scrubber.register(connection);
  const { ok, message } = await runTester(deps, connection, timeoutMs);
  return { conn_id: id, ok, message: scrubber.scrub(message) };
}

/** With --all, an unreadable connection is a failed one, and the others are tested all the same. */
async function testAll(deps: ConnectionsCommandDeps, timeoutMs: number): Promise<readonly NamedResult[]> {
  const results: NamedResult[] = [];
  for (const summary of await deps.registry.list()) {
    const result =
      'problem' in summary
        ? { conn_id: summary.id, ok: false, message: summary.problem.message }
        : await testOne(deps, summary.id, timeoutMs);
    results.push(result);
  }
  return results;
}

async function runTests(
  deps: ConnectionsCommandDeps,
  id: string | undefined,
  options: TestOptions,
): Promise<void> {
  const timeoutMs = parseTimeoutMs(options.timeout);
  if ((id === undefined) === (options.all === undefined)) {
    throw new AirtempoError('INVALID_ARGUMENT', 'Give the id of a connection, or --all.');
  }
  const results = id === undefined ? await testAll(deps, timeoutMs) : [await testOne(deps, id, timeoutMs)];
  if (options.json === true) deps.stdout.write(formatJson(id === undefined ? results : results[0]));
  else {
    for (const { conn_id, ok, message } of results) {
      deps.stdout.write(`${conn_id}: ${ok ? 'ok' : 'failed'}: ${makePrintable(message)}\n`);
    }
  }
  const failed = results.filter(({ ok }) => !ok).map(({ conn_id }) => `"${conn_id}"`);
  if (failed.length > 0)
    throw new AirtempoError('CONNECTION_REFUSED', `The test of ${failed.join(', ')} failed.`);
}

/** Adds the subcommand `test`. */
export function registerTest(connections: Command, deps: ConnectionsCommandDeps): void {
  connections
    .command('test')
    .description('Try to connect, and say what went wrong')
    .argument('[conn_id]', 'id of the connection')
    .option('--all', 'test every connection')
    .option('--timeout <seconds>', 'give up after so many seconds', '15')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ airtempo connections test redshift\n  $ airtempo connections test --all',
    )
    .action((id: string | undefined, options: TestOptions) => runTests(deps, id, options));
}
