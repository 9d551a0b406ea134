/**
 * Finds and loads DAG files: every default or named export that is a DAG. A file that fails is reported
 * and does not keep the others from loading, as with Airflow's import errors.
 */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDag, type Dag } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import { describeThrown } from './describe-thrown.js';
import { importModule } from './import-module.js';

/** What loading a set of folders gave. */
export interface LoadedDags {
  readonly dags: ReadonlyMap<string, Dag>;
  /** File of each DAG. */
  readonly files: ReadonlyMap<string, string>;
  readonly errors: readonly { readonly file: string; readonly error: AirtempoError }[];
}

const DAG_FILE = /\.(ts|mts|js|mjs)$/;
const NOT_DAG_FILE = /\.(d|test|spec)\.m?[jt]s$/;

/** Loads every DAG file in the given folders (recursively) and files. TypeScript files need no build. */
export async function loadDags(places: readonly string[]): Promise<LoadedDags> {
  const files = [...new Set((await Promise.all(places.map(findDagFiles))).flat())];
  const dags = new Map<string, Dag>();
  const fileOf = new Map<string, string>();
  const errors: { file: string; error: AirtempoError }[] = [];
  for (const file of files) {
    try {
      for (const dag of await loadFile(file)) {
        refuseSecond(dag, file, fileOf);
        dags.set(dag.id, dag);
        fileOf.set(dag.id, file);
      }
    } catch (error) {
      errors.push({ file, error: asLoadError(file, error) });
    }
  }
  return { dags, files: fileOf, errors };
}

async function findDagFiles(place: string): Promise<string[]> {
  const absolute = path.resolve(place);
  if (!existsSync(absolute)) {
    throw new AirtempoError(
      'DAG_LOAD_FAILED',
      `The DAG folder ${absolute} does not exist. Check --dags or AIRTEMPO_DAGS.`,
    );
  }
  if ((await stat(absolute)).isFile()) return [absolute];
  const entries = await readdir(absolute, { recursive: true, withFileTypes: true });
  return (
    entries
      .filter((entry) => entry.isFile() && DAG_FILE.test(entry.name) && !NOT_DAG_FILE.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      // below the folder only: the folder itself may belong to an installed package, as the shipped DAGs do
      .filter((file) => !path.relative(absolute, file).split(path.sep).includes('node_modules'))
      .sort()
  );
}

async function loadFile(file: string): Promise<readonly Dag[]> {
  return [...new Set(Object.values(await importModule(file)).filter(isDag))];
}

function refuseSecond(dag: Dag, file: string, fileOf: ReadonlyMap<string, string>): void {
  const first = fileOf.get(dag.id);
  if (first === undefined) return;
  throw new AirtempoError(
    'DUPLICATE_ID',
    `${file} defines DAG ${dag.id}, which ${first} defines already. Rename one of them.`,
  );
}

function asLoadError(file: string, error: unknown): AirtempoError {
  return new AirtempoError('DAG_LOAD_FAILED', `${file} could not be loaded: ${describeThrown(error)}`, {
    cause: error,
  });
}
