/**
 * Where models are kept: `models/<hash>` in a folder, and `current`, a link to one of them. The link is replaced by a rename, so
 * a reader finds the former model or the new one, whole; each step can be repeated after a crash.
 */
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../../core/errors.js';
import { readModel } from './model.js';

/** The link to the model in use. */
export const currentOf = (folder: string): string => path.join(folder, 'current');

/** So much of the hash names the folder. */
const NAME_LENGTH = 12;

/** The name of the current model in `models/`, or undefined when there is none. Throws INVALID_ARGUMENT for what is no link. */
export async function readCurrent(folder: string): Promise<string | undefined> {
  try {
    return path.basename(await readlink(currentOf(folder)));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // of readlink
    if (code === 'ENOENT') return undefined;
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${currentOf(folder)} is no link to a model (${String(code)}). Move it away; the next promotion makes the link.`,
      { cause },
    );
  }
}

/**
 * Puts a model among the others, under the name of its hash, beside `about` as promotion.json. Once there it is never changed.
 * @returns its name
 * @throws AirtempoError LOAD_FAILED when the candidate's files are not those of its schema
 */
export async function keepModel(candidate: string, folder: string, about: object): Promise<string> {
  const { sha256 } = await readModel(candidate);
  const name = sha256.slice(0, NAME_LENGTH);
  const models = path.join(folder, 'models');
  const staged = path.join(models, `.${name}.${randomBytes(4).toString('hex')}`);
  await mkdir(models, { recursive: true });
  try {
    await cp(candidate, staged, { recursive: true });
    await verifyFiles(staged);
    await writeFile(path.join(staged, 'promotion.json'), `${JSON.stringify(about, undefined, 2)}\n`);
    await rename(staged, path.join(models, name)).catch(ignoreExisting);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
  return name;
}

/** The same model is there already, from a try that went no further, or from an earlier week. */
function ignoreExisting(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException; // of rename
  if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
}

/** Makes `current` point to a kept model, in one step. */
export async function switchCurrent(folder: string, name: string): Promise<void> {
  const staged = path.join(folder, `.current.${randomBytes(4).toString('hex')}`);
  try {
    await symlink(path.join('models', name), staged); // relative: the folder may be mounted elsewhere
    await rename(staged, currentOf(folder));
  } finally {
    await rm(staged, { force: true });
  }
}

/** Throws LOAD_FAILED unless each file is there with the hash that the schema has of it. */
async function verifyFiles(folder: string): Promise<void> {
  const { schema } = await readModel(folder);
  for (const [file, expected] of Object.entries(schema.files_sha256)) {
    const content = await readFile(path.join(folder, 'model', file)).catch(() => undefined);
    const found = content === undefined ? undefined : createHash('sha256').update(content).digest('hex');
    if (found === expected) continue;
    throw new AirtempoError(
      'LOAD_FAILED',
      `${folder} is not a whole model: model/${file} is ${found === undefined ? 'missing' : 'another file'}. Train again.`,
    );
  }
}
