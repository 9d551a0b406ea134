// Compiles the package into dist/ and builds the workflow bundle. Does nothing where the compiler is not
// installed (a production install), and only what is needed when run again.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

if (existsSync(compiler)) {
  rmSync(dist, { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
  const { Runtime, DefaultLogger } = await import('@temporalio/worker');
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const { buildWorkflowBundle } = await import(
    pathToFileURL(path.join(dist, 'workers', 'workflow-bundle.js')).href
  );
  const { code } = await buildWorkflowBundle();
  writeFileSync(path.join(dist, 'workflow-bundle.js'), code);
  writeFileSync(path.join(dist, '.complete'), ''); // scripts/bootstrap.mjs builds again when a source is newer
}
