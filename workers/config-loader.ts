/** Finds and loads `airtempo.config.ts`. A project without one has the defaults; a broken one is an error, never the defaults. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseConfig, type ResolvedConfig } from '../core/config.js';
import { AirtempoError } from '../core/errors.js';
import { describeThrown } from './describe-thrown.js';
import { importModule } from './import-module.js';

/** The configuration and where it came from. */
export interface LoadedConfig {
  readonly config: ResolvedConfig;
  /** Absolute path; undefined when there is no file. */
  readonly file: string | undefined;
}

/** In the order in which they are looked for. */
const FILE_NAMES = ['airtempo.config.ts', 'airtempo.config.mts', 'airtempo.config.js', 'airtempo.config.mjs'];

/**
 * Loads the file that `AIRTEMPO_CONFIG` names, else the one in the working directory.
 * @throws AirtempoError INVALID_CONFIG when it does not exist, cannot be loaded or has no valid default export.
 */
export async function loadConfig(env: NodeJS.ProcessEnv, cwd: string): Promise<LoadedConfig> {
  const file = findFile(env['AIRTEMPO_CONFIG'], cwd);
  if (file === undefined) return { config: parseConfig({}, 'the defaults'), file };
  const module = await importModule(file).catch((cause: unknown) => {
    throw new AirtempoError('INVALID_CONFIG', `${file} could not be loaded: ${describeThrown(cause)}`, {
      cause,
    });
  });
  if (module['default'] === undefined) {
    throw new AirtempoError(
      'INVALID_CONFIG',
      `${file} has no default export. Write: export default defineConfig({ pools: { redshift: { slots: 4 } } });`,
    );
  }
  return { config: parseConfig(module['default'], file), file };
}

function findFile(named: string | undefined, cwd: string): string | undefined {
  if (named === undefined || named === '') {
    return FILE_NAMES.map((name) => path.join(cwd, name)).find((file) => existsSync(file));
  }
  const file = path.resolve(cwd, named);
  if (existsSync(file)) return file;
  throw new AirtempoError('INVALID_CONFIG', `AIRTEMPO_CONFIG names ${file}, which does not exist.`);
}
