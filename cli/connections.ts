/**
 * The command group `airtempo connections`. It reports failure by throwing: the caller prints the error
 * and exits with `computeExitCode`. It reads nothing but its dependencies.
 */
import { Command, CommanderError } from 'commander';
import { registerAdd } from './connections/add.js';
import type { ConnectionsCommandDeps } from './connections/deps.js';
import { registerRotateKey } from './connections/rotate-key.js';
import { registerShow } from './connections/show.js';
import { registerTest } from './connections/test-connection.js';
import { registerTransfer } from './connections/transfer.js';

export type { ConnectionsCommandDeps, ConnectionTester, ConnectionTestResult } from './connections/deps.js';
export { createTerminalPrompter } from './connections/terminal-prompter.js';

const HELP = `
Connections are looked up in environment variables first (AIRTEMPO_CONN_<ID>, then AIRFLOW_CONN_<ID>, a URI
or JSON), then in the encrypted file $AIRTEMPO_HOME/connections.json (default .airtempo/connections.json), then in the
local stack of "airtempo dev" while it runs. The file's key is AIRTEMPO_ENCRYPTION_KEY, or the file encryption.key beside it.

Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** A mistyped flag may carry a password: --conn-pasword=… is not repeated. */
function hideFlagValues(message: string): string {
  return message.replace(/(unknown option '-[^'=]*=)[^]*'/, "$1***'");
}

/**
 * The command `connections` with its subcommands, to be parsed alone or added to a program.
 * Its actions reject with AirtempoError; wrong usage throws CommanderError after it was printed.
 */
export function connectionsCommand(deps: ConnectionsCommandDeps): Command {
  const connections = new Command('connections')
    .exitOverride((error) => {
      throw new CommanderError(error.exitCode, error.code, hideFlagValues(error.message));
    })
    .configureOutput({
      writeOut: (text) => void deps.stdout.write(text),
      writeErr: (text) => void deps.stderr.write(hideFlagValues(text)),
    })
    .addHelpText('after', HELP);
  registerAdd(connections, deps);
  registerShow(connections, deps);
  registerTest(connections, deps);
  registerTransfer(connections, deps);
  registerRotateKey(connections, deps);
  return connections;
}
