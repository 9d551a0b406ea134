/** Entry point of the workflow bundle. The default export is the dynamic workflow: any workflow type runs it. */
export { default } from './dag-run.js';
