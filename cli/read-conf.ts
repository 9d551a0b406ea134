/** The option `--conf` of commands that start runs. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { AirtempoError } from '../core/errors.js';

/** The text itself, `@file`, or `-` for stdin. Throws INVALID_ARGUMENT unless it is a JSON object. */
export async function readConf(source: string): Promise<Readonly<Record<string, unknown>>> {
  return parseConf(await readSource(source));
}

async function readSource(source: string): Promise<string> {
  if (source === '-') return text(process.stdin);
  return source.startsWith('@') ? readFile(source.slice(1), 'utf8') : source;
}

function parseConf(json: string): Readonly<Record<string, unknown>> {
  try {
    const conf: unknown = JSON.parse(json);
    if (typeof conf === 'object' && conf !== null && !Array.isArray(conf))
      return conf as Record<string, unknown>;
  } catch (cause) {
    throw invalidConf(json, cause);
  }
  throw invalidConf(json);
}

function invalidConf(json: string, cause?: unknown): AirtempoError {
  const shown = json.length > 80 ? `${json.slice(0, 80)}…` : json;
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `--conf is not a JSON object: ${shown}. Write --conf '{"mode":"day"}', --conf @file.json or --conf -.`,
    { cause },
  );
}
