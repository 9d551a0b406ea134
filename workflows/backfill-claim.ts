/**
 * The lock of a backfill: runs as long as its owner does. It ends when the owner releases it; should the owner be
 * terminated, which tells nobody, it finds that out by itself. Does nothing else.
 */
import {
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  setWorkflowOptions,
  defineSignal,
} from '@temporalio/workflow';
import { CHECK_BACKFILL, RELEASE, type ClaimOwner } from './backfill-contract.js';
import { goOnWithCurrentVersion } from './current-version.js';

const { [CHECK_BACKFILL]: isOwnerActive } = proxyActivities<{
  [CHECK_BACKFILL](owner: ClaimOwner): Promise<boolean>;
}>({
  startToCloseTimeout: '30s',
  summary: 'asks whether the backfill is still there',
});

/** The next backfill of the DAG looks for itself, so this only keeps the list of running workflows tidy. */
const CHECK_EVERY = '1 hour';
/** Then the history is long enough. */
const CHECKS = 500;

export async function backfillClaim(owner: ClaimOwner): Promise<void> {
  let released = false;
  setHandler(
    defineSignal<[ClaimOwner]>(RELEASE),
    (from) => {
      released ||= from.firstExecutionId === owner.firstExecutionId;
    },
    { description: 'Ends the claim. Sent by its backfill.' },
  );
  for (let checks = 0; checks < CHECKS; checks += 1) {
    if (await condition(() => released, CHECK_EVERY)) return;
    if (!(await isOwnerActive(owner))) return;
  }
  await continueAsNew<typeof backfillClaim>(owner);
}

setWorkflowOptions(goOnWithCurrentVersion, backfillClaim);
