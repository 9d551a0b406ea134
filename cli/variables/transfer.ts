/** `variables import` and `export`: Airflow's JSON, `{"name": value}` or `{"name": {"value": …, "description": …}}`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { writeFileAtomically } from '../../connections/atomic-file.js';
import { validateVariable } from '../../connections/variables.js';
import { AirtempoError } from '../../core/errors.js';
import type { Variable } from '../../core/variable.js';
import type { App } from '../app.js';
import { readInput } from '../connections/read-input.js';
import { print, printJson, say } from '../output.js';

const ACTIONS = ['overwrite', 'fail', 'skip'] as const;

interface ImportOptions {
  readonly actionOnExistingKey: (typeof ACTIONS)[number];
  readonly json?: boolean;
}

interface ExportOptions {
  readonly overwrite?: boolean;
  readonly showSecrets?: boolean;
  readonly json?: boolean;
}

/** Adds the two commands. */
export function registerVariableTransfer(variables: Command, app: App): void {
  variables
    .command('import <file>')
    .description('store the variables of a file that "airflow variables export" wrote; - for standard input')
    .addOption(
      new Option('-a, --action-on-existing-key <action>', 'what to do with a name that exists')
        .choices(ACTIONS)
        .default('overwrite'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo variables import variables.json')
    .action((file: string, options: ImportOptions) => importVariables(app, file, options));
  variables
    .command('export <file>')
    .description('write the variables of the encrypted file in clear; - for standard output')
    .option('--overwrite', 'replace the file')
    .option('--show-secrets', 'allow standard output')
    .option('--json', 'print what was exported as JSON')
    .addHelpText('after', '\nExample:\n  airtempo variables export variables.json')
    .action((file: string, options: ExportOptions) => exportVariables(app, file, options));
}

/** The variables of an export. Throws INVALID_VARIABLE, and stores nothing then. */
export function parseVariables(place: string, text: string): readonly Variable[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // no `cause`: the parser's message repeats the text
    throw new AirtempoError('INVALID_VARIABLE', `${place} is not valid JSON.`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AirtempoError(
      'INVALID_VARIABLE',
      `${place} is not an object of variables: write {"region": "eu"}.`,
    );
  }
  return Object.entries(parsed).map(([id, entry]) => validateVariable(parseEntry(id, entry), place));
}

/** Airflow's rule: an object with a "value" is a variable with its description; anything else is the value. */
function parseEntry(id: string, entry: unknown): Variable {
  const isRecord = typeof entry === 'object' && entry !== null && !Array.isArray(entry) && 'value' in entry;
  if (!isRecord) return { id, value: toText(entry) };
  const { value, description } = entry as { readonly value: unknown; readonly description?: unknown };
  return {
    id,
    value: toText(value),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
  };
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** As Airflow writes it: values that are JSON as such. */
function formatVariables(variables: readonly Variable[]): string {
  const entries = variables.map(({ id, value, description }) => {
    const read = fromText(value);
    return [id, description === undefined ? read : { value: read, description }];
  });
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 4)}\n`;
}

/** JSON that comes back as the same text, so that nothing changes on the way. */
function fromText(value: string): unknown {
  try {
    const parsed: unknown = JSON.parse(value);
    const isPlain = typeof parsed === 'object' && parsed !== null && !('value' in parsed);
    return typeof parsed !== 'string' &&
      JSON.stringify(parsed) === value &&
      (isPlain || typeof parsed !== 'object')
      ? parsed
      : value;
  } catch {
    return value;
  }
}

async function importVariables(app: App, file: string, options: ImportOptions): Promise<void> {
  const place = file === '-' ? 'standard input' : file;
  const text = file === '-' ? await readInput(process.stdin, 'the variables') : await readSource(file);
  const variables = parseVariables(place, text);
  const { actionOnExistingKey: action } = options;
  if (action === 'fail') await refuseExisting(app, variables);
  const { written, skipped } = await app.variableStore.put(variables, { overwrite: action === 'overwrite' });
  for (const id of skipped) say(`warning: skipped "${id}", which exists`);
  if (options.json === true) printJson({ imported: written, skipped });
  else print(`Imported ${String(written.length)} of ${String(variables.length)} variables from ${place}.`);
}

async function readSource(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new AirtempoError('INVALID_ARGUMENT', `${file} cannot be read (${cause.code ?? ''}).`, { cause });
  });
}

async function refuseExisting(app: App, variables: readonly Variable[]): Promise<void> {
  const existing = new Set((await app.variableStore.list()).map(({ id }) => id));
  const twice = variables.find(({ id }) => existing.has(id));
  if (twice === undefined) return;
  throw new AirtempoError('DUPLICATE_ID', `There is a variable "${twice.id}" already. Nothing was imported.`);
}

async function exportVariables(app: App, file: string, options: ExportOptions): Promise<void> {
  if (file === '-' && options.showSecrets !== true) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      'An export holds secrets in clear: add --show-secrets to print it, or name a file.',
    );
  }
  if (file !== '-' && options.overwrite !== true && existsSync(file)) {
    throw new AirtempoError('INVALID_ARGUMENT', `${file} exists: add --overwrite to replace it.`);
  }
  const variables = (await app.variableStore.list()).map((entry) => {
    if ('problem' in entry) throw entry.problem; // an export that lacks one looks complete until it is needed
    return entry.item;
  });
  const text = formatVariables(variables);
  if (file === '-') return void process.stdout.write(text);
  await writeFileAtomically(file, text);
  if (options.json === true) printJson({ file, exported: variables.map(({ id }) => id) });
  else
    print(
      `Exported ${String(variables.length)} variables to ${file}, secrets in clear, readable by its owner only.`,
    );
}
