/** Refuses secrets in arguments, which every user of the machine can read while the command runs. */
import { AirtempoError } from '../../core/errors.js';
import type { Connection } from '../../core/connection.js';
import { PASSWORD_VARIABLE } from '../../connections/environment-store.js';
import { collectSecrets } from '../../connections/mask.js';

const REASON = 'arguments can be read by every user of this machine (ps) and stay in the shell’s history';

function refuse(what: string, instead: string): never {
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `${what} is refused, because ${REASON}: ${instead}. Nothing was stored.`,
  );
}

/** @throws AirtempoError INVALID_ARGUMENT always: the password is known to others now. */
export function refusePasswordArgument(): never {
  return refuse(
    'A password in --conn-password',
    `answer the prompt, pipe it to --password-stdin, or set ${PASSWORD_VARIABLE}`,
  );
}

/**
 * Refuses a connection from `--conn-uri` or `--conn-json` that holds a secret; an access key id is none.
 * @throws AirtempoError INVALID_ARGUMENT with the flag that reads the same from standard input.
 */
export function refuseSecretsInArgument(flag: '--conn-uri' | '--conn-json', connection: Connection): void {
  const { login: _login, ...rest } = connection;
  if (collectSecrets(rest).length > 0) refuse(`A secret in ${flag}`, `pipe the same text to ${flag}-stdin`);
}

/**
 * Refuses `--conn-extra` with a sensitive name in it.
 * @throws AirtempoError INVALID_ARGUMENT with the flag to use.
 */
export function refuseSecretsInExtra(connection: Connection): void {
  if (collectSecrets({ id: connection.id, type: connection.type, extra: connection.extra }).length > 0) {
    refuse('A secret in --conn-extra', 'pipe the whole connection to --conn-json-stdin');
  }
}
