/** What a Python environment holds. Pure: nothing here touches the system. */

import { createHash } from 'node:crypto';
import { AirtempoError } from '../../core/errors.js';

/** A virtual environment that `ensurePythonEnv` can make. */
export interface PythonEnvSpec {
  /** A word for folders and logs, such as `moto`. */
  readonly name: string;
  /** What people call it, such as `moto, the AWS emulator`. */
  readonly title: string;
  /**
   * Every package with its exact version, `name==1.2.3`. Nothing else is installed, so dependencies must be listed
   * too: an environment is the same wherever and whenever it is made.
   */
  readonly requirements: readonly string[];
  /** The oldest Python that these versions run on, such as `3.10`. */
  readonly minimumPython: string;
  /** How long it takes the first time, for the progress line: `about 20 seconds`. */
  readonly expected: string;
}

const EXACT = /^[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._-]+\])?==[A-Za-z0-9.+!]+$/;

/** The packages in the text of a requirements file: its lines without comments. */
export function parseRequirements(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/**
 * A folder name that changes with the packages, so that two versions of airtempo share a cache without a fight.
 * @throws AirtempoError INVALID_ARGUMENT when a version is not exact
 */
export function pythonEnvFolderName({ name, requirements }: PythonEnvSpec): string {
  const loose = requirements.find((requirement) => !EXACT.test(requirement));
  if (loose !== undefined) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `The Python environment ${name} asks for "${loose}". Write an exact version: name==1.2.3.`,
    );
  }
  const hash = createHash('sha256').update([...requirements].sort().join('\n'));
  return `${name}-${hash.digest('hex').slice(0, 12)}`;
}
