/**
 * Variables by name: from environment variables (`AIRTEMPO_VAR_<NAME>`, then `AIRFLOW_VAR_<NAME>`), then from an
 * encrypted file. Which are secret is decided by their names, as in Airflow.
 */
import { z } from 'zod';
import type { ReadVariable } from '../core/context.js';
import { AirtempoError } from '../core/errors.js';
import type { Variable } from '../core/variable.js';
import type { Environment } from './environment-store.js';
import { collectNamedSecrets } from './mask.js';
import { computeNearestNames } from './nearest.js';
import { createSealedStore, type SealedStore, type SealedStoreOptions } from './sealed-store.js';
import type { SecretScrubber } from './secret-scrubber.js';

/** Prefixes in the order they are read. */
export const VARIABLE_PREFIXES = ['AIRTEMPO_VAR_', 'AIRFLOW_VAR_'] as const;

/** Airflow's limit of a key. */
const MAX_NAME_LENGTH = 250;
/** More is not a setting but a file: give its name. */
const MAX_VALUE_LENGTH = 1_000_000;

/** Where variables of the encrypted file are. */
export type VariableFileStore = SealedStore<Variable>;

/** A variable and where it was found. */
export interface FoundVariable {
  readonly variable: Variable;
  /** "variable AIRTEMPO_VAR_REGION", or the file. */
  readonly place: string;
}

/** A line of a list. */
export type ListedVariable = { readonly id: string; readonly place: string } & (
  { readonly variable: Variable } | { readonly problem: Error }
);

/** Variables by name, from all places. */
export interface VariableRegistry {
  /** Undefined when no place has the name. The first place that has it wins. */
  find(name: string): Promise<FoundVariable | undefined>;
  /** Every name once, sorted. Not masked. */
  list(): Promise<readonly ListedVariable[]>;
  readonly read: ReadVariable;
}

const recordSchema = z.strictObject({ value: z.string(), description: z.string().optional() });

/** The encrypted file of variables. Nothing is read or created before the first call. */
export function createVariableFileStore(options: SealedStoreOptions): VariableFileStore {
  return createSealedStore<Variable>(options, {
    noun: 'variable',
    format: ({ id: _id, ...record }) => JSON.stringify(record),
    parse: (id, text, place) => {
      const { description, ...record } = recordSchema.parse(JSON.parse(text)); // sealed by us: no other shape passes the seal
      return validateVariable(
        { id, ...record, ...(description === undefined ? {} : { description }) },
        place,
      );
    },
  });
}

/**
 * The variable itself when it is well formed.
 * @throws AirtempoError INVALID_VARIABLE naming the field, never the value.
 */
export function validateVariable(variable: Variable, place?: string): Variable {
  const { id, value } = variable;
  const fail = (problem: string): never => {
    const where = place === undefined ? '' : ` (${place})`;
    throw new AirtempoError(
      'INVALID_VARIABLE',
      `Variable ${JSON.stringify(id.slice(0, 60))}${where} ${problem}`,
    );
  };
  if (id.trim() === '' || id.length > MAX_NAME_LENGTH || /\p{Cc}/u.test(id)) {
    return fail(`needs a name of 1 to ${MAX_NAME_LENGTH} characters without line breaks.`);
  }
  if (value.length > MAX_VALUE_LENGTH) {
    return fail(
      `has ${value.length} characters, and ${MAX_VALUE_LENGTH} are allowed: keep the data in a file and its name here.`,
    );
  }
  return variable;
}

/** Variables from the environment, then from the file. */
export function createVariableRegistry(
  env: Environment,
  file: Pick<VariableFileStore, 'get' | 'list' | 'place'>,
  scrubber?: SecretScrubber,
): VariableRegistry {
  const find = async (name: string): Promise<FoundVariable | undefined> => {
    const found = findInEnvironment(env, name) ?? (await findInFile(file, name));
    for (const secret of found === undefined ? [] : collectNamedSecrets(name, found.variable.value)) {
      scrubber?.registerText(secret);
    }
    return found;
  };
  const list = async (): Promise<readonly ListedVariable[]> => {
    const stored = (await file.list()).map((entry): ListedVariable => {
      const { id } = entry;
      return 'problem' in entry
        ? { id, place: file.place, problem: entry.problem }
        : { id, place: file.place, variable: entry.item };
    });
    const all = [...listEnvironment(env), ...stored];
    const first = all.filter(({ id }, index) => all.findIndex((other) => other.id === id) === index);
    return first.sort((a, b) => (a.id < b.id ? -1 : 1));
  };
  const read = async (
    name: string,
    options: { readonly json?: true; readonly fallback?: unknown } = {},
  ): Promise<unknown> => {
    const found = await find(name);
    if (found === undefined) {
      if ('fallback' in options && options.fallback !== undefined) return options.fallback;
      throw await explainNotFound(name, list);
    }
    return options.json === true ? parseJson(found) : found.variable.value;
  };
  return { find, list, read: read as ReadVariable }; // text without `json`, and a fallback of the same kind
}

async function findInFile(
  file: Pick<VariableFileStore, 'get' | 'place'>,
  name: string,
): Promise<FoundVariable | undefined> {
  const variable = await file.get(name);
  return variable === undefined ? undefined : { variable, place: file.place };
}

/** For a worker that was given none. */
export const NO_VARIABLES: VariableRegistry = createVariableRegistry(
  {},
  { place: 'nowhere', get: async () => undefined, list: async () => [] },
);

/** As with connections: names in capitals, other characters as `_`. */
function findInEnvironment(env: Environment, name: string): FoundVariable | undefined {
  const upper = name.toUpperCase();
  const names = [upper, upper.replace(/[^A-Z0-9_]/g, '_')];
  const key = VARIABLE_PREFIXES.flatMap((prefix) => names.map((each) => prefix + each)).find(
    (each) => Object.hasOwn(env, each) && (env[each] ?? '') !== '',
  );
  return key === undefined
    ? undefined
    : { variable: { id: name, value: env[key] ?? '' }, place: `variable ${key}` };
}

/** Environment variables keep no case, so their names are listed in lower case. */
function listEnvironment(env: Environment): readonly ListedVariable[] {
  return VARIABLE_PREFIXES.flatMap((prefix) =>
    Object.keys(env)
      .filter((key) => key.startsWith(prefix) && key.length > prefix.length && (env[key] ?? '') !== '')
      .map((key) => {
        const id = key.slice(prefix.length).toLowerCase();
        return { id, place: `variable ${key}`, variable: { id, value: env[key] ?? '' } };
      }),
  );
}

/** The parser's message is not repeated: it quotes the text. */
function parseJson({ variable: { id, value }, place }: FoundVariable): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new AirtempoError('INVALID_VARIABLE', `Variable "${id}" (${place}) is read as JSON, and is none.`);
  }
}

async function explainNotFound(name: string, list: VariableRegistry['list']): Promise<AirtempoError> {
  const known = (await list().catch(() => [])).map(({ id }) => id);
  const nearest = computeNearestNames(name, known).map((each) => `"${each}"`);
  const hint = nearest.length === 0 ? '' : ` Did you mean ${nearest.join(' or ')}?`;
  return new AirtempoError(
    'VARIABLE_NOT_FOUND',
    `There is no variable "${name}".${hint} Set it with: airtempo variables set ${name} <value>, or give a fallback where it is read.`,
  );
}
