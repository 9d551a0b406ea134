/** Which ids a DAG and a task may have. Pure. */
import { AirtempoError } from './errors.js';
import { showValue } from './outside-value.js';

const DAG_ID = /^[A-Za-z0-9_.-]{1,200}$/;
const TASK_ID = /^[A-Za-z0-9_.-]{1,250}$/;

/**
 * Names that mean something else to JavaScript modules and objects, to Temporal (the workflow type is
 * the DAG id, the activity id the task id), or to a path in the XCom store.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'default',
  '__esModule',
  'prototype',
  '.',
  '..',
  ...Object.getOwnPropertyNames(Object.prototype),
]);
const RESERVED_PREFIX = '__temporal_';

/** Workflow types of the engine's own: a DAG so named would never run. */
const ENGINE_WORKFLOWS: ReadonlySet<unknown> = new Set([
  'backfill',
  'backfill_claim',
  'airtempo_run_slots',
  'kafka_stream',
]);

/** Throws INVALID_DAG unless the value can be the id of a DAG: 1 to 200 letters, digits, `_`, `.`, `-`. */
export function checkDagId(dagId: unknown): asserts dagId is string {
  checkId('INVALID_DAG', 'The DAG id', dagId, DAG_ID, 200);
}

/** The same for a DAG that is being defined, whose id must not be a workflow type of the engine either. */
export function checkNewDagId(dagId: unknown): asserts dagId is string {
  checkDagId(dagId);
  if (ENGINE_WORKFLOWS.has(dagId)) throw reserved('INVALID_DAG', 'The DAG id', dagId);
}

/**
 * Throws INVALID_TASK unless the value can be the id of a task or a group: 1 to 250 letters, digits, `_`,
 * `.`, `-`. `dagId` names the place in the message.
 */
export function checkTaskId(
  id: unknown,
  dagId?: string,
  kind: 'task' | 'group' = 'task',
): asserts id is string {
  const subject = dagId === undefined ? `The ${kind} id` : `DAG ${dagId}: ${kind} id`;
  checkId('INVALID_TASK', subject, id, TASK_ID, 250);
}

function checkId(
  code: 'INVALID_DAG' | 'INVALID_TASK',
  subject: string,
  id: unknown,
  pattern: RegExp,
  longest: number,
): asserts id is string {
  if (typeof id !== 'string' || !pattern.test(id)) {
    throw new AirtempoError(
      code,
      `${subject} ${showValue(id)} is not valid. Use 1 to ${longest} letters (a-z, A-Z), digits, "_", "." or "-".`,
    );
  }
  if (RESERVED.has(id) || id.startsWith(RESERVED_PREFIX)) {
    throw reserved(code, subject, id);
  }
}

function reserved(code: 'INVALID_DAG' | 'INVALID_TASK', subject: string, id: string): AirtempoError {
  return new AirtempoError(
    code,
    `${subject} ${JSON.stringify(id)} is reserved. Choose another, for example ${JSON.stringify(`my_${plainWords(id)}`)}.`,
  );
}

function plainWords(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_|_$/g, '') || 'id';
}
