/** A run on its way into a new history: its JSON, deflated, as many histories of a large run begin with all of it. Pure. */
import type { ContinuedRun } from './continued-run.js';

/** Bytes, as a payload has them. The Web UI shows them as such; the graph and the states are answered by queries. */
export type PackedRun = Uint8Array;

/** Deflates the JSON of a run. */
export async function packRun(run: ContinuedRun): Promise<PackedRun> {
  const { deflateSync, strToU8 } = await loadDeflate();
  return deflateSync(strToU8(JSON.stringify(run)));
}

/** The run that a history begins with; those of early releases hold it as it is. */
export async function unpackRun(carried: PackedRun | ContinuedRun): Promise<ContinuedRun> {
  // not instanceof: the bytes of a payload come from outside the workflow's sandbox, with a Uint8Array of their own
  if (!ArrayBuffer.isView(carried)) return carried;
  const { inflateSync, strFromU8 } = await loadDeflate();
  return JSON.parse(strFromU8(inflateSync(carried))) as ContinuedRun; // ours, by packRun
}

/** Few runs need it, and each workflow evaluates all that the bundle imports at once. Eager: the bundle is one file. */
function loadDeflate(): Promise<typeof import('fflate')> {
  return import(/* webpackMode: "eager" */ 'fflate');
}
