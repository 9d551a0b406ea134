/**
 * The workflow bundle: built once with the package, so that a worker starts without webpack. It holds
 * the engine only; no DAG is in it.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const PREBUILT = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/**
 * The SDK takes a stack trace for each promise that a workflow makes; at V8's ten frames that is a third of the CPU of a run's
 * workflow. Four tell where an error of the engine comes from. The SDK freezes `Error` once the bundle has been loaded.
 */
const FEWER_FRAMES = 'Error.stackTraceLimit=4;';

/** The bundle built with the package; from source, one built now. */
export async function loadWorkflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(PREBUILT) ? { codePath: PREBUILT } : buildWorkflowBundle();
}

/** Builds the bundle from the workflow sources beside this file. */
export async function buildWorkflowBundle(): Promise<{ readonly code: string }> {
  const sources = ['js', 'ts'].map((extension) =>
    fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url)),
  );
  const workflowsPath = sources.find((path) => existsSync(path));
  if (workflowsPath === undefined) throw new Error('the workflow sources are missing from this installation');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  return { code: FEWER_FRAMES + code };
}
