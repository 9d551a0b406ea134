/** Reads the SQL files of sql/insights and the name, definition and unit in the comment at their head. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findPackageRoot } from '../connections/package-root.js';
import { AirtempoError } from '../core/errors.js';

export interface QueryText {
  readonly name: string;
  readonly definition: string;
  readonly unit: string;
  /** The whole file. */
  readonly sql: string;
}

const FIELDS = ['name', 'definition', 'unit'] as const;

/** Reads `sql/insights/<file>.sql`. Throws INVALID_SQL_FILE when its head lacks a field. */
export async function readQuery(file: string): Promise<QueryText> {
  const sql = await readFile(path.join(findPackageRoot(), 'sql', 'insights', `${file}.sql`), 'utf8');
  const fields = new Map<string, string>();
  let current: string | undefined;
  for (const line of sql.split('\n')) {
    const start = /^-- (\w+): (.*)$/.exec(line);
    const more = /^-- {3}(\S.*)$/.exec(line);
    if (start?.[1] !== undefined) {
      current = start[1];
      fields.set(current, start[2] ?? '');
    } else if (more?.[1] !== undefined && current !== undefined) {
      fields.set(current, `${fields.get(current) ?? ''} ${more[1]}`);
    } else break;
  }
  const [name, definition, unit] = FIELDS.map((field) => {
    const value = fields.get(field);
    if (value !== undefined && value !== '') return value;
    throw new AirtempoError(
      'INVALID_SQL_FILE',
      `sql/insights/${file}.sql has no line "-- ${field}: …" at its head. Add it.`,
    );
  });
  return { name: name ?? '', definition: definition ?? '', unit: unit ?? '', sql };
}
