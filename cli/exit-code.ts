/** What the process says with its end. */
import { CommanderError } from 'commander';
import { AirtempoError } from '../core/errors.js';

/** Exit code for what a command threw: 0 help shown, 1 failed, 2 wrong usage. */
export function computeExitCode(error: unknown): 0 | 1 | 2 {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof AirtempoError && error.code === 'INVALID_ARGUMENT' ? 2 : 1;
}
