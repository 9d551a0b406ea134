/** Imports a module that a user wrote, TypeScript without a build. DAG files and airtempo.config.ts come in here. */
import { pathToFileURL } from 'node:url';

let registered: Promise<void> | undefined;

/** Lets `import()` read TypeScript; once in a process. */
function registerTypeScript(): Promise<void> {
  registered ??= import('tsx/esm/api').then(({ register }) => {
    register();
  });
  return registered;
}

/** The exports of a file by its absolute path. Throws what the file throws. */
export async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\.m?ts$/.test(file)) await registerTypeScript();
  return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
}
