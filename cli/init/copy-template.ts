/** Copies the package's template/ into a folder, file by file, and sees to its package.json. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { findPackageRoot } from '../../connections/package-root.js';
import { AirtempoError } from '../../core/errors.js';

/** What was done with a file. */
export interface TemplateFile {
  /** Below the folder. */
  readonly path: string;
  readonly done: 'made' | 'changed' | 'kept';
}

/** Throws INVALID_ARGUMENT for a folder that cannot be written, and for a package.json that is none. */
export async function copyTemplate(folder: string, cwd: string): Promise<readonly TemplateFile[]> {
  const target = path.resolve(cwd, folder);
  try {
    await mkdir(target, { recursive: true });
    const manifest = await ensureModule(target);
    return [manifest, ...(await copyFiles(target))];
  } catch (cause) {
    if (!isFileError(cause)) throw cause;
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `A project cannot be made in ${target}: ${cause.message}. Name a folder that you may write.`,
      { cause },
    );
  }
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

async function copyFiles(target: string): Promise<readonly TemplateFile[]> {
  const template = path.join(findPackageRoot(), 'template');
  const entries = await readdir(template, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(template, path.join(entry.parentPath, entry.name)))
    .sort();
  const done: TemplateFile[] = [];
  for (const file of files) {
    // npm would leave a .gitignore out of the package
    const name = file === 'gitignore' ? '.gitignore' : file;
    done.push({ path: name, done: await copyOne(path.join(template, file), path.join(target, name)) });
  }
  return done;
}

async function copyOne(from: string, to: string): Promise<TemplateFile['done']> {
  try {
    await cp(from, to, { force: false, errorOnExist: true });
    return 'made';
  } catch (error) {
    if (isFileError(error) && error.code === 'ERR_FS_CP_EEXIST') return 'kept';
    throw error;
  }
}

const manifestSchema = z.looseObject({ type: z.string().optional() });

/** DAG files are modules: Node asks package.json. */
async function ensureModule(target: string): Promise<TemplateFile> {
  const file = path.join(target, 'package.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isFileError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    await writeFile(file, formatManifest({ private: true, type: 'module' }), { flag: 'wx' });
    return { path: 'package.json', done: 'made' };
  }
  const manifest = parseManifest(text, file);
  if (manifest.type === 'module') return { path: 'package.json', done: 'kept' };
  await writeFile(file, formatManifest({ ...manifest, type: 'module' }));
  return { path: 'package.json', done: 'changed' };
}

const formatManifest = (manifest: object): string => `${JSON.stringify(manifest, undefined, 2)}\n`;

function parseManifest(text: string, file: string): z.infer<typeof manifestSchema> {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${file} is no package.json: it is not a JSON object. Correct it.`,
      {
        cause,
      },
    );
  }
}
