/** JSONPaths as Redshift's COPY knows them: plain ways into a row, by name or index, without wildcards or filters. */
import { z } from 'zod';

import { AirtempoError } from '../../core/errors.js';
import type { JsonSteps } from './raw-json.js';

const STEP = /\.([^.[\]*\s'"]+)|\[\s*(\d+)\s*\]|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*"((?:[^"\\]|\\.)*)"\s*\]/y;

const fileSchema = z.object({ jsonpaths: z.array(z.string()).min(1) });

function refusePath(path: string, file: string, why: string): AirtempoError {
  return new AirtempoError(
    'INVALID_COPY_OPTION',
    `JSONPath ${JSON.stringify(path)} in ${file} ${why}. Write it as $.name.other or $['name'][0].`,
  );
}

/** Parses one path. Dots and quoted brackets are not mixed, as on Redshift. */
export function parseJsonPath(path: string, file: string): JsonSteps {
  if (!path.startsWith('$')) throw refusePath(path, file, 'does not begin with $');
  const steps: (string | number)[] = [];
  let dots = false;
  let brackets = false;
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex;
    const match = STEP.exec(path);
    if (match === null)
      throw refusePath(
        path,
        file,
        `is not understood from ${JSON.stringify(path.slice(at))} on (no wildcards, filters or slices)`,
      );
    const quoted = match[3] ?? match[4];
    if (match[1] !== undefined) dots = true;
    if (quoted !== undefined) brackets = true;
    steps.push(
      match[1] ?? (match[2] === undefined ? (quoted ?? '').replace(/\\(.)/gs, '$1') : Number(match[2])),
    );
  }
  if (dots && brackets) throw refusePath(path, file, 'mixes dots and brackets');
  return steps;
}

/**
 * Parses a JSONPaths file. Redshift silently falls back to 'auto' when the key has another name than "jsonpaths";
 * here that is an error.
 */
export function parseJsonPaths(text: string, file: string, columnCount: number): readonly JsonSteps[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_COPY_OPTION',
      `The JSONPaths file ${file} is not JSON: ${String(cause)}.`,
      { cause },
    );
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    throw new AirtempoError(
      'INVALID_COPY_OPTION',
      `The JSONPaths file ${file} must be {"jsonpaths": ["$.a", …]}. Correct it.`,
    );
  }
  const paths = parsed.data.jsonpaths;
  if (paths.length !== columnCount) {
    throw new AirtempoError(
      'INVALID_COPY_OPTION',
      `The JSONPaths file ${file} has ${paths.length} paths for ${columnCount} columns. Path i feeds column i: give as many, or a column list.`,
    );
  }
  return paths.map((path) => parseJsonPath(path, file));
}
