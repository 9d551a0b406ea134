/** `connections rotate-key`: encrypts everything with a new key. */
import type { Command } from 'commander';
import { ENCRYPTION_KEY_VARIABLE } from '../../connections/encrypted-file-store.js';
import type { ConnectionsCommandDeps } from './deps.js';
import { formatJson } from './render.js';

const HELP = `
With a key file, a new key is made and the old one removed. With ${ENCRYPTION_KEY_VARIABLE}, put a new key
before the old one ("new,old"), run this, then remove the old one.

Example:
  $ ${ENCRYPTION_KEY_VARIABLE}="$(openssl rand -base64 32),$${ENCRYPTION_KEY_VARIABLE}" airtempo connections rotate-key`;

async function rotateKey(deps: ConnectionsCommandDeps, options: { readonly json?: true }): Promise<void> {
  const rotation = await deps.store.rotateKeys();
  if (options.json === true) {
    deps.stdout.write(formatJson(rotation));
    return;
  }
  deps.stdout.write(`Encrypted ${rotation.connections} connections with key ${rotation.keyId}.\n`);
  if (rotation.keySource === 'variable') {
    deps.stdout.write(`You can now remove all keys but the first from ${ENCRYPTION_KEY_VARIABLE}.\n`);
  }
}

/** Adds the subcommand `rotate-key`. */
export function registerRotateKey(connections: Command, deps: ConnectionsCommandDeps): void {
  connections
    .command('rotate-key')
    .description('Encrypt every stored connection with a new key')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: { readonly json?: true }) => rotateKey(deps, options));
}
