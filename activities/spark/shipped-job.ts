/** The Spark jobs that ship with airtempo. */
import path from 'node:path';
import { findPackageRoot } from '../../connections/package-root.js';

/** Absolute path of a file of the package's spark/ folder. Call it when the task runs: workers lie elsewhere. */
export function shippedJob(name: string): string {
  return path.join(findPackageRoot(), 'spark', name);
}
