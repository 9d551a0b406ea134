/** Holds the documentation to the code: links, commands, variables and examples. */
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const SOURCE_FOLDERS = ['core', 'connections', 'activities', 'workflows', 'workers', 'cli', 'local', 'dags'];
/** Reads the variables of the `temporal` command for us. */
const TEMPORAL_ENVIRONMENT = 'node_modules/@temporalio/envconfig/lib';

function filesBelow(folder: string, pattern: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const rootPages = readdirSync('.').filter((name) => name.endsWith('.md'));
const pages = [...rootPages, ...filesBelow('docs', /\.md$/)].sort();
const readme = readFileSync('README.md', 'utf8');
const sources = SOURCE_FOLDERS.flatMap((folder) => filesBelow(folder, /\.ts$/));
const sourceText = sources.map((file) => readFileSync(file, 'utf8')).join('\n');

/** A page without its code, in which brackets mean something else. */
function proseOf(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, 'code');
}

/** GitHub's anchors: lower case, punctuation dropped, a dash for each blank. */
function anchorsOf(text: string): readonly string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function relativeLinksOf(page: string): readonly string[] {
  const links = [...proseOf(readFileSync(page, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)];
  return links.map(([, target = '']) => target).filter((target) => !/^[a-z]+:/i.test(target));
}

function isBroken(page: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const linked = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(linked)) return true;
  if (anchor === undefined) return false;
  return statSync(linked).isDirectory() || !anchorsOf(readFileSync(linked, 'utf8')).includes(anchor);
}

describe('links', () => {
  test.each(pages)('every relative link in %s leads to a file and a heading that exist', (page) => {
    expect(relativeLinksOf(page).filter((target) => isBroken(page, target))).toEqual([]);
  });

  test('every page below docs/ can be reached from the README', () => {
    const seen = new Set<string>();
    const pending = ['README.md'];
    for (let page = pending.pop(); page !== undefined; page = pending.pop()) {
      if (seen.has(page)) continue;
      seen.add(page);
      const from = path.dirname(page);
      const linked = relativeLinksOf(page).map((target) => path.join(from, target.split('#')[0] ?? ''));
      pending.push(...linked.filter((file) => file.endsWith('.md') && existsSync(file)));
    }
    expect(pages.filter((page) => !seen.has(page))).toEqual([]);
  });
});

const helpTexts = new Map<string, string>();

/** Runs the built command, once for each group. */
function help(...group: readonly string[]): string {
  const key = group.join(' ');
  const text =
    helpTexts.get(key) ??
    execFileSync(process.execPath, ['dist/cli/main.js', ...group, '--help'], { encoding: 'utf8' });
  helpTexts.set(key, text);
  return text;
}

/** The names under "Commands:". */
function commandsIn(helpText: string): readonly string[] {
  const list = /^Commands:\n((?: .*\n?)+)/m.exec(helpText)?.[1] ?? '';
  return [...list.matchAll(/^ {2}([a-z][a-z0-9-]*)/gm)].map(([, name = '']) => name);
}

/** `airtempo group [subcommand]`, as the pages write it in code. */
function commandsNamedBy(page: string): readonly (readonly string[])[] {
  const text = readFileSync(page, 'utf8');
  const code = [...text.matchAll(/^```(?:sh|text)\n([\s\S]*?)^```|`([^`\n]+)`/gm)];
  return code
    .map(([, block, inline]) => block ?? inline ?? '')
    .flatMap((piece) => [...piece.matchAll(/(?<![\w/.-])airtempo ([a-z][a-z0-9-]*)(?: ([a-z][a-z0-9-]*))?/g)])
    .map(([, group = '', command]) => (command === undefined ? [group] : [group, command]));
}

describe('commands', () => {
  const groups = commandsIn(help());
  const subcommands = new Map(
    ['dags', 'runs', 'connections', 'pools', 'variables', 's3', 'aws'].map(
      (group) => [group, commandsIn(help(group))] as const,
    ),
  );

  test.each(pages)('every airtempo command in %s exists', (page) => {
    const unknown = commandsNamedBy(page).filter(([group = '', command]) => {
      if (!groups.includes(group)) return true;
      const known = subcommands.get(group);
      return known !== undefined && command !== undefined && !known.includes(command);
    });
    expect(unknown).toEqual([]);
  });

  test('the README names every command group', () => {
    const named = new Set(commandsNamedBy('README.md').map(([group]) => group));
    expect(groups.filter((group) => group !== 'help' && !named.has(group))).toEqual([]);
  });

  test.each(pages)('every npm script in %s exists', (page) => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const named = [...readFileSync(page, 'utf8').matchAll(/npm run ([a-z][a-z:-]*)/g)];
    expect(named.map(([, name = '']) => name).filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

describe('variables', () => {
  /** The table under "Configuration"; `AIRTEMPO_CONN_<ID>` becomes `AIRTEMPO_CONN_`. */
  const section = /^## Configuration\n([\s\S]*?)^## /m.exec(readme)?.[1] ?? '';
  const documented = [...section.matchAll(/^\| `([A-Z][A-Z_]*?)(?:<ID>)?`/gm)].map(([, name = '']) => name);
  const known = `${sourceText}\n${filesBelow(TEMPORAL_ENVIRONMENT, /\.js$/)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')}`;

  test("every variable of the README's table is one that the code knows", () => {
    expect(documented.length).toBeGreaterThan(10);
    expect(documented.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("every variable of ours that the code reads is in the README's table", () => {
    const used = new Set([...sourceText.matchAll(/AIRTEMPO_[A-Z][A-Z_]*[A-Z]/g)].map(([name]) => name));
    const missing = [...used].filter(
      (name) => !documented.includes(name) && !/^AIRTEMPO_(CONN|VAR)(_|$)/.test(name),
    );
    expect(missing).toEqual([]);
  });
});

describe('examples', () => {
  test("the README's DAG is the one that the compiler checks", () => {
    const example = readFileSync('test/types/readme-example.ts', 'utf8');
    const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code);
    expect(blocks).toEqual([example.replace("'../../index.js'", "'airtempo'")]);
  });
});

describe('docs/airflow.md', () => {
  const page = readFileSync('docs/airflow.md', 'utf8');
  const [, table = ''] = page.split(/^## Commands$/m);
  const rows = [...table.matchAll(/^\| (`.*?) \| +(\S.*?) +\|$/gm)].map(([, theirs = '', ours = '']) => ({
    commands: [...theirs.matchAll(/`([a-z-]+)(?: ([a-z-]+))?/g)].map(([, group = '', command]) => ({
      group,
      command,
    })),
    ours,
  }));
  const groups = commandsIn(help());
  const exists = ({
    group,
    command,
  }: {
    readonly group: string;
    readonly command: string | undefined;
  }): boolean =>
    groups.includes(group) && (command === undefined || commandsIn(help(group)).includes(command));
  const name = ({
    group,
    command,
  }: {
    readonly group: string;
    readonly command: string | undefined;
  }): string => (command === undefined ? group : `${group} ${command}`);

  test('calls no command absent that exists', () => {
    const absent = rows
      .filter(({ ours }) => /^(none|not yet)/.test(ours))
      .flatMap(({ commands }) => commands);
    expect(absent.length).toBeGreaterThan(10);
    expect(absent.filter(exists).map(name)).toEqual([]);
  });

  test('names only commands that exist as ours', () => {
    const named = rows.flatMap(({ commands, ours }) =>
      ours.startsWith('the same')
        ? commands
        : [...ours.matchAll(/`(dev|deploy|worker|dags|runs|pools|connections)(?: ([a-z-]+))?/g)].map(
            ([, group = '', command]) => ({ group, command }),
          ),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((command) => !exists(command)).map(name)).toEqual([]);
  });
});
