/** `airtempo variables`: Airflow's variables, with its command names. Values of names such as `api_token` are masked. */
import { Command } from 'commander';
import { readInput, trimLineBreak } from './connections/read-input.js';
import { makePrintable } from './connections/render.js';
import type { FoundVariable, ListedVariable } from '../connections/index.js';
import { isSensitiveName, maskNamed } from '../connections/mask.js';
import { validateVariable } from '../connections/variables.js';
import { AirtempoError } from '../core/errors.js';
import type { Variable } from '../core/variable.js';
import type { App } from './app.js';
import { formatTable, print, printJson, say } from './output.js';
import { registerVariableTransfer } from './variables/transfer.js';

interface ShowOptions {
  readonly showSecrets?: boolean;
  readonly json?: boolean;
}

interface SetOptions {
  readonly description?: string;
  readonly valueStdin?: boolean;
  readonly json?: boolean;
}

const HELP = `
A variable is read from AIRTEMPO_VAR_<NAME>, then AIRFLOW_VAR_<NAME>, then the encrypted file
$AIRTEMPO_HOME/variables.json. DAGs read it with ctx.variable('name').`;

/** The command group. */
export function variablesCommand(app: App): Command {
  const variables = new Command('variables').addHelpText('after', HELP);
  variables
    .command('list')
    .description('list every variable with its place')
    .option('--show-secrets', 'show the values of sensitive names in clear')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo variables list')
    .action((options: ShowOptions) => list(app, options));
  variables
    .command('get <name>')
    .description('print the value of a variable')
    .option('--show-secrets', 'print it although its name is sensitive')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo variables get region')
    .action((name: string, options: ShowOptions) => get(app, name, options));
  variables
    .command('set <name> [value]')
    .description('set a variable in the encrypted file')
    .option('--value-stdin', 'read the value from standard input')
    .option('--description <text>', 'what it is for')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  airtempo variables set region eu
  airtempo variables set limits '{"rows": 1000}'
  printf %s "$TOKEN" | airtempo variables set api_token --value-stdin`,
    )
    .action((name: string, value: string | undefined, options: SetOptions) => set(app, name, value, options));
  variables
    .command('delete <name>')
    .description('delete a variable from the encrypted file')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo variables delete region')
    .action((name: string, options: ShowOptions) => remove(app, name, options));
  variables
    .command('rotate-key')
    .description('encrypt every stored variable with a new key, as "connections rotate-key" does')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo variables rotate-key')
    .action((options: ShowOptions) => rotateKey(app, options));
  registerVariableTransfer(variables, app);
  return variables;
}

function shown({ id, value }: Variable, { showSecrets }: ShowOptions): string {
  return showSecrets === true ? value : maskNamed(id, value);
}

async function list(app: App, options: ShowOptions): Promise<void> {
  const all = await app.variables.list();
  if (options.json === true) return printJson(all.map((entry) => toJson(entry, options)));
  if (all.length === 0) return say('There is no variable. Set one with: airtempo variables set region eu');
  const rows = all.map((entry) => {
    const cells =
      'problem' in entry
        ? ['(unreadable)', '']
        : [shown(entry.variable, options), entry.variable.description ?? ''];
    return [entry.id, ...cells, entry.place].map(makePrintable);
  });
  print(formatTable(['name', 'value', 'description', 'source'], rows));
  for (const entry of all) if ('problem' in entry) say(`warning: ${entry.problem.message}`);
}

function toJson(entry: ListedVariable, options: ShowOptions): object {
  const { id, place } = entry;
  if ('problem' in entry) return { key: id, place, error: entry.problem.message };
  return {
    key: id,
    value: shown(entry.variable, options),
    description: entry.variable.description ?? null,
    place,
  };
}

async function find(app: App, name: string): Promise<FoundVariable> {
  const found = await app.variables.find(name);
  if (found !== undefined) return found;
  await app.variables.read(name); // words the refusal
  throw new AirtempoError('VARIABLE_NOT_FOUND', `There is no variable "${name}".`);
}

async function get(app: App, name: string, options: ShowOptions): Promise<void> {
  const { variable, place } = await find(app, name);
  const value = shown(variable, options);
  if (options.json === true)
    printJson({ key: name, value, description: variable.description ?? null, place });
  else print(value);
  if (value !== variable.value && options.json !== true)
    say('Secrets are masked: --show-secrets prints them.');
}

async function set(app: App, name: string, given: string | undefined, options: SetOptions): Promise<void> {
  const { description } = options;
  const value = await readValue(name, given, options);
  const variable = validateVariable({
    id: name,
    value,
    ...(description === undefined ? {} : { description }),
  });
  await app.variableStore.put([variable], { overwrite: true });
  const { place } = await find(app, name);
  if (place !== app.variableStore.place) say(`warning: ${place} holds "${name}" too and comes first.`);
  if (options.json === true) printJson({ set: name });
  else print(`Set variable "${name}" in ${app.variableStore.place}.`);
}

/** Arguments can be read by every user of the machine and stay in the shell's history. */
async function readValue(
  name: string,
  given: string | undefined,
  { valueStdin }: SetOptions,
): Promise<string> {
  if (given !== undefined && valueStdin === true) {
    throw new AirtempoError('INVALID_ARGUMENT', 'Give the value once: as an argument, or on standard input.');
  }
  if (given !== undefined && isSensitiveName(name)) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `The name "${name}" says that its value is secret, and arguments are seen by others (ps, the shell's history): pipe it to --value-stdin. Nothing was stored.`,
    );
  }
  if (given !== undefined) return given;
  if (valueStdin === true) return trimLineBreak(await readInput(process.stdin, 'the value'));
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `Say the value: airtempo variables set ${name} <value>, or --value-stdin.`,
  );
}

async function remove(app: App, name: string, options: ShowOptions): Promise<void> {
  if (!(await app.variableStore.delete(name))) {
    const { place } = await find(app, name);
    throw new AirtempoError(
      'VARIABLE_NOT_FOUND',
      `Variable "${name}" is in ${place}, not in ${app.variableStore.place}: remove it there.`,
    );
  }
  if (options.json === true) printJson({ deleted: name });
  else print(`Deleted variable "${name}" from ${app.variableStore.place}.`);
}

async function rotateKey(app: App, options: ShowOptions): Promise<void> {
  const { keyId, count, keySource } = await app.variableStore.rotateKeys();
  if (options.json === true) printJson({ keyId, variables: count, keySource });
  else print(`Encrypted ${String(count)} variables with key ${keyId}.`);
}
