/** The ledger of run slots: never more than the limit, the earliest date first, and every request is answered. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlotLedger, type SlotRequest } from '../../core/slot-ledger.js';

function request(workflowId: string, limit = 2, ticket = '1', day = workflowId): SlotRequest {
  return { workflowId, firstExecutionId: `${workflowId}-1`, ticket, logicalDate: day, limit };
}

function ids(requests: readonly SlotRequest[]): readonly string[] {
  return requests.map(({ workflowId }) => workflowId);
}

describe('the ledger', () => {
  test('gives slots to the earliest dates, and the next one when a slot comes back', () => {
    const ledger = new SlotLedger();
    for (const day of ['d3', 'd1', 'd4', 'd2']) ledger.request(request(day));
    expect(ids(ledger.grant())).toEqual(['d1', 'd2']);
    expect(ledger.grant()).toEqual([]);
    expect(ids(ledger.waiting)).toEqual(['d3', 'd4']);
    ledger.release(request('d2'));
    expect(ids(ledger.grant())).toEqual(['d3']);
  });

  test('keeps the order of arrival between equal dates', () => {
    const ledger = new SlotLedger();
    for (const id of ['b', 'a', 'c']) ledger.request(request(id, 1, '1', 'same day'));
    expect(ids([...ledger.grant(), ...ledger.waiting])).toEqual(['b', 'a', 'c']);
  });

  test('answers a holder again that has not heard, with its newest ticket', () => {
    const ledger = new SlotLedger();
    ledger.request(request('a'));
    ledger.grant();
    ledger.request(request('a', 2, '2'));
    expect(ledger.grant()).toEqual([request('a', 2, '2')]);
    expect(ledger.holding).toHaveLength(1);
  });

  test('answers a holder again also when every slot is taken', () => {
    const ledger = new SlotLedger();
    ledger.request(request('a', 1));
    ledger.grant();
    ledger.request(request('a', 1, '2'));
    expect(ledger.grant()).toEqual([request('a', 1, '2')]);
    expect(ledger.waiting).toEqual([]);
  });

  test('goes by the newest limit, and takes nothing away', () => {
    const ledger = new SlotLedger();
    for (const day of ['d1', 'd2', 'd3']) ledger.request(request(day, 3));
    ledger.grant();
    ledger.request(request('d4', 1));
    expect(ledger.limit).toBe(1);
    expect(ledger.grant()).toEqual([]);
    expect(ledger.holding).toHaveLength(3);
    for (const day of ['d1', 'd2']) ledger.release(request(day));
    expect(ledger.grant()).toEqual([]);
    ledger.release(request('d3'));
    expect(ids(ledger.grant())).toEqual(['d4']);
  });

  test('tells two executions under one workflow id apart', () => {
    const ledger = new SlotLedger();
    ledger.request(request('a', 1));
    ledger.grant();
    ledger.release({ workflowId: 'a', firstExecutionId: 'another' });
    expect(ledger.holding).toHaveLength(1);
  });

  test('overlooks what it does not know', () => {
    const ledger = new SlotLedger();
    ledger.release(request('a'));
    expect(ledger.toJSON()).toEqual({ limit: 1, holding: [], waiting: [] });
  });
});

const steps = fc.array(
  fc.record({ run: fc.nat(9), action: fc.constantFrom('request', 'release', 'carry') }),
  { maxLength: 80 },
);

test('however runs come and go, no more than the limit hold a slot, and whoever waits does so for a reason', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (sequence, limit) => {
      let ledger = new SlotLedger();
      const asking = new Set<string>();
      for (const { run, action } of sequence) {
        const id = `d${String(run)}`;
        if (action === 'carry') ledger = new SlotLedger(JSON.parse(JSON.stringify(ledger)) as never);
        else if (action === 'release') {
          ledger.release(request(id));
          asking.delete(id);
        } else {
          ledger.request(request(id, limit));
          asking.add(id);
        }
        ledger.grant();
        expect(ledger.holding.length).toBeLessThanOrEqual(limit);
        if (ledger.waiting.length > 0) expect(ledger.holding).toHaveLength(limit);
        expect(new Set(ids([...ledger.holding, ...ledger.waiting]))).toEqual(asking);
      }
    }),
  );
});
