/**
 * Entry point of the workflow bundle. The default export is the dynamic workflow: any workflow type runs it, but for
 * the types named here, which core/identifiers.ts refuses as ids of DAGs.
 */
export { backfill } from './backfill.js';
export { backfillClaim as backfill_claim } from './backfill-claim.js';
export { default } from './dag-run.js';
export { kafkaStream as kafka_stream } from './kafka-stream.js';
export { runSlots as airtempo_run_slots } from './run-slots.js';
