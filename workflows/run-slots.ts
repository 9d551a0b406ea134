/**
 * The workflow that keeps a DAG's run slots (`maxActiveRuns`): one a DAG, started by the first run that asks and ended
 * when nobody holds or awaits a slot. Runs ask by signal and are told by signal. It decides nothing about tasks.
 */
import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import { SlotLedger, type SlotHolder, type SlotRequest, type SlotState } from '../core/slot-ledger.js';
import { FIND_LOST_SLOTS, SLOT_GRANTED, SLOT_RELEASED, SLOT_REQUESTED } from './contract.js';
import { goOnWithCurrentVersion } from './current-version.js';

const requested = defineSignal<[SlotRequest]>(SLOT_REQUESTED);
const released = defineSignal<[SlotHolder]>(SLOT_RELEASED);
const granted = defineSignal<[ticket: string]>(SLOT_GRANTED);
const slotsQuery = defineQuery<SlotState>('slots');

/** A replay of so many events takes a fraction of a second. */
const MOST_EVENTS = 4_000;

const { [FIND_LOST_SLOTS]: findLostSlots } = proxyActivities<{
  [FIND_LOST_SLOTS](holders: readonly SlotHolder[]): Promise<readonly SlotHolder[]>;
}>({
  summary: 'looks for runs that ended without giving back their slot',
  startToCloseTimeout: '2m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** Keeps the slots of one DAG. */
export async function runSlots(carried?: SlotState): Promise<void> {
  const ledger = new SlotLedger(carried);
  const watch = new HolderWatch(ledger, () => (changed = true));
  let changed = true;
  setHandler(slotsQuery, () => ledger.toJSON(), { description: 'Which runs hold a slot, and which wait.' });
  setHandler(
    requested,
    (request) => {
      ledger.request(request);
      changed = true;
    },
    { description: 'A run asks for a slot. Sent by airtempo.' },
  );
  setHandler(
    released,
    (holder) => {
      ledger.release(holder);
      changed = true;
    },
    { description: 'A run gives its slot back, or stops waiting for one. Sent by airtempo.' },
  );
  for (;;) {
    while (changed) {
      changed = false;
      changed = (await grantSlots(ledger)) || changed;
    }
    watch.update();
    showLedger(ledger);
    if (ledger.holding.length + ledger.waiting.length === 0) return;
    if (workflowInfo().historyLength >= MOST_EVENTS || workflowInfo().continueAsNewSuggested) {
      return continueAsNew<typeof runSlots>(ledger.toJSON());
    }
    await condition(() => changed);
  }
}

/** Tells runs that they hold a slot. Returns whether one of them is gone, so that its slot is free again. */
async function grantSlots(ledger: SlotLedger): Promise<boolean> {
  const results = await Promise.all(
    ledger.grant().map(async (request) => {
      try {
        await getExternalWorkflowHandle(request.workflowId).signal(granted, request.ticket);
        return false;
      } catch {
        ledger.release(request); // it has ended while it waited
        return true;
      }
    }),
  );
  return results.includes(true);
}

/** Has holders looked after as long as somebody waits: one that was terminated gives nothing back itself. */
class HolderWatch {
  readonly #ledger: SlotLedger;
  readonly #onLost: () => void;
  #scope: CancellationScope | undefined;
  #watched = '';

  constructor(ledger: SlotLedger, onLost: () => void) {
    this.#ledger = ledger;
    this.#onLost = onLost;
  }

  /** Call it whenever the ledger has changed. */
  update(): void {
    const { holding, waiting } = this.#ledger;
    const holders =
      waiting.length === 0
        ? []
        : holding.map(({ workflowId, firstExecutionId }) => ({ workflowId, firstExecutionId }));
    const wanted = JSON.stringify(holders);
    if (wanted === this.#watched) return;
    this.#watched = wanted;
    this.#scope?.cancel();
    this.#scope = undefined;
    if (holders.length > 0) this.#watch(holders);
  }

  #watch(holders: readonly SlotHolder[]): void {
    const scope = new CancellationScope();
    this.#scope = scope;
    scope
      .run(() => findLostSlots(holders))
      .then(
        (lost) => {
          if (this.#scope !== scope) return; // asked anew since
          this.#watched = '';
          for (const holder of lost) this.#ledger.release(holder);
          this.#onLost();
        },
        (error: unknown) => {
          if (isCancellation(error)) return;
          this.#watched = ''; // somebody failed it by hand: ask anew
          this.#onLost();
        },
      );
  }
}

const ROWS = 50;

function showLedger({ limit, holding, waiting }: SlotLedger): void {
  const list = (requests: readonly SlotRequest[]): string =>
    requests
      .slice(0, ROWS)
      .map(({ workflowId, logicalDate }) => `- \`${workflowId}\` (${logicalDate})`)
      .join('\n');
  setCurrentDetails(
    `**${String(holding.length)} of ${String(limit)}** runs are active, ${String(waiting.length)} wait.\n\n` +
      `Active:\n\n${list(holding)}\n\nWaiting, the next one first:\n\n${list(waiting)}`,
  );
}

setWorkflowOptions(goOnWithCurrentVersion, runSlots);
