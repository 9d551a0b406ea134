/**
 * Finds and reads the SQL files of the package. Works from the sources and from dist/: both lie below the
 * folder of package.json, where sql/ is. Reads only.
 */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { AirtempoError } from '../../core/errors.js';
import { findPackageRoot } from '../../connections/package-root.js';

/** A statement and the name that errors call it by. */
export interface SqlSource {
  readonly place: string;
  readonly sql: string;
}

/** Absolute path of the package's sql/ folder. */
export function sqlFolder(): string {
  return join(findPackageRoot(), 'sql');
}

function locate(file: string): string {
  if (isAbsolute(file)) return file;
  const path = resolve(sqlFolder(), file);
  if (relative(sqlFolder(), path).startsWith('..')) {
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `SQL file ${JSON.stringify(file)} lies outside ${sqlFolder()}. Give a path below it, or an absolute path.`,
    );
  }
  return path;
}

/**
 * Reads one SQL file: a path below sql/ such as `star/insert-users.sql`, or an absolute one.
 * @throws AirtempoError INVALID_SQL_FILE when it cannot be read
 */
export async function readSqlFile(file: string): Promise<SqlSource> {
  const path = locate(file);
  try {
    return { place: file, sql: await readFile(path, 'utf8') };
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `Cannot read SQL file ${JSON.stringify(file)} at ${path}. Check the name; relative paths start at sql/.`,
      { cause },
    );
  }
}
