/**
 * The secrets of one local stack: made once with the system's random generator, kept beside the data they open in
 * a file that only the owner reads. They never go into argv, logs, state or progress.
 */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { AirtempoError } from '../core/errors.js';
import { readTextIfThere, writePrivateFile } from './private-file.js';

const secret = z.string().min(16);
const credentialsSchema = z.object({
  /** Of Postgres's superuser, used only to set up roles and databases. */
  postgresAdminPassword: secret,
  /** Of the user that connections log in as. */
  postgresPassword: secret,
  s3AccessKey: secret,
  s3SecretKey: secret,
});

export type Credentials = Readonly<z.infer<typeof credentialsSchema>>;

/** Reads the stack's credentials, making them first if there are none. */
export async function ensureCredentials(dir: string): Promise<Credentials> {
  const existing = await readCredentials(dir);
  if (existing !== undefined) return existing;
  const made: Credentials = {
    postgresAdminPassword: makeSecret(),
    postgresPassword: makeSecret(),
    s3AccessKey: `AIRTEMPO${randomBytes(8).toString('hex').toUpperCase()}`,
    s3SecretKey: makeSecret(),
  };
  await writePrivateFile(credentialsFile(dir), `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

/** The stack's credentials, or undefined when none were made yet. */
export async function readCredentials(dir: string): Promise<Credentials | undefined> {
  const file = credentialsFile(dir);
  const text = await readTextIfThere(file);
  if (text === undefined) return undefined;
  try {
    return credentialsSchema.parse(JSON.parse(text));
  } catch {
    // No cause: the parser's message could quote a secret.
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `${file} is damaged, and the local databases open only with what it held. Restore it, or remove it and ` +
        `${path.join(dir, 'postgres')} to start with an empty database.`,
    );
  }
}

function credentialsFile(dir: string): string {
  return path.join(dir, 'credentials.json');
}

function makeSecret(): string {
  return randomBytes(24).toString('base64url');
}
