/** `airtempo init`: the beginnings of a project. Adds what is missing and changes nothing that is there. */
import { Command } from 'commander';
import { copyTemplate, type TemplateFile } from './init/copy-template.js';
import { print, printJson } from './output.js';
import type { App } from './app.js';

/** The command. */
export function initCommand(app: App): Command {
  return new Command('init')
    .argument('[folder]', 'where the project is, or is to be', '.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Makes dags/first_dag.ts, tsconfig.json, .gitignore and package.json where they are absent; a package.json that is
there gets "type": "module", as DAG files are modules.

Examples:
  npx airtempo init
  npx airtempo init my-pipelines`,
    )
    .action(async (folder: string, { json }: { readonly json?: boolean }) => {
      const files = await copyTemplate(folder, app.cwd);
      if (json === true) return printJson(files);
      print(formatFiles(files, folder));
    });
}

function formatFiles(files: readonly TemplateFile[], folder: string): string {
  const lines = files.map(({ path, done }) => `${done.padEnd(8)} ${path}`);
  const cd = folder === '.' ? [] : [`  cd ${folder}`];
  return [
    ...lines,
    '',
    'Next:',
    ...cd,
    '  npx airtempo dags test first_dag        # runs it here and now, without Temporal',
    '  npx airtempo dev                        # Temporal with its Web UI, Postgres, S3 and a worker',
    '  npx airtempo dags trigger first_dag --watch',
  ].join('\n');
}
