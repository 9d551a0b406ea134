/**
 * What a person may ask of a run, as Temporal updates: clear, mark, pause, resume, retry now, approve. Parses the
 * requests, which come as JSON from the Web UI, `temporal` or airtempo's own commands. Pure.
 */
import { AirtempoError } from '../core/errors.js';
import { isRecord, showValue } from '../core/outside-value.js';
import type { TaskSelection } from '../core/select-tasks.js';
import { suggest } from '../core/suggest.js';
import type { TaskOutcome } from '../core/run.js';

/** Which tasks to clear: by ids or by a pattern. */
export interface ClearRequest extends TaskSelection {
  /** These tasks, in place of `taskRegex`. */
  readonly tasks?: readonly string[];
  /** Of all these, only tasks that are failed or upstream_failed. */
  readonly onlyFailed?: boolean;
}

/** Which state to give a task. */
export interface MarkTaskRequest {
  readonly task: string;
  readonly state: TaskOutcome;
  /** Who did it and why; kept as the task's message. */
  readonly note?: string;
}

/** Which result to give a run. */
export interface MarkRunRequest {
  readonly state: 'success' | 'failed';
  readonly note?: string;
}

/** Which task's wait for its next try to cut short. */
export interface RetryNowRequest {
  readonly task: string;
}

/** Somebody's decision about an approval task. */
export interface ApproveRequest {
  readonly task: string;
  readonly approved: boolean;
  /** Who decided. */
  readonly by: string;
  readonly comment?: string;
}

/** One repair, as a new execution of a closed run is given it. */
export type Repair =
  | ({ readonly kind: 'clear' } & ClearRequest)
  | ({ readonly kind: 'mark_task' } & MarkTaskRequest)
  | ({ readonly kind: 'mark_run' } & MarkRunRequest);

/** Which update to look at before it is made. */
export interface PreviewRequest {
  readonly update: string;
  readonly input?: unknown;
}

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, readonly [check: Check, what: string]>>;

const TEXT: Check = (value) => typeof value === 'string' && value !== '';
const FLAG: Check = (value) => typeof value === 'boolean';
const IDS: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(TEXT);
const ONE_OF =
  (...known: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && known.includes(value);

const CLEAR: Fields = {
  taskRegex: [TEXT, 'a pattern for task ids'],
  tasks: [IDS, 'a list of task ids'],
  upstream: [FLAG, 'true or false'],
  downstream: [FLAG, 'true or false'],
  onlyFailed: [FLAG, 'true or false'],
};
const MARK_TASK: Fields = {
  task: [TEXT, 'a task id'],
  state: [ONE_OF('success', 'failed', 'skipped'), '"success", "failed" or "skipped"'],
  note: [TEXT, 'a text'],
};
const MARK_RUN: Fields = {
  state: [ONE_OF('success', 'failed'), '"success" or "failed"'],
  note: [TEXT, 'a text'],
};
const APPROVE: Fields = {
  task: [TEXT, 'a task id'],
  approved: [FLAG, 'true or false'],
  by: [TEXT, 'a name'],
  comment: [TEXT, 'a text'],
};

/** Reads a request to clear tasks, such as `{"taskRegex":"load","downstream":true}`. Throws INVALID_ARGUMENT. */
export function parseClearRequest(value: unknown): ClearRequest {
  const request = parse('clear', value ?? {}, CLEAR, []) as ClearRequest; // every field was checked
  if (request.tasks === undefined || request.taskRegex === undefined) return request;
  throw invalid('clear', 'has both "tasks" and "taskRegex"', 'Give one of them.');
}

/** Reads `{"task":"load","state":"success","note":"loaded by hand"}`. Throws INVALID_ARGUMENT. */
export function parseMarkTaskRequest(value: unknown): MarkTaskRequest {
  return parse('mark_task', value, MARK_TASK, ['task', 'state']) as unknown as MarkTaskRequest; // every field was checked
}

/** Reads `{"state":"failed"}`. Throws INVALID_ARGUMENT. */
export function parseMarkRunRequest(value: unknown): MarkRunRequest {
  return parse('mark_run', value, MARK_RUN, ['state']) as unknown as MarkRunRequest; // every field was checked
}

/** Reads `{"task":"load"}`. Throws INVALID_ARGUMENT. */
export function parseRetryNowRequest(value: unknown): RetryNowRequest {
  return parse('retry_now', value, { task: [TEXT, 'a task id'] }, ['task']) as unknown as RetryNowRequest; // every field was checked
}

/** Reads `{"task":"publish","approved":true,"by":"Ada","comment":"looks right"}`. Throws INVALID_ARGUMENT. */
export function parseApproveRequest(value: unknown): ApproveRequest {
  return parse('approve', value, APPROVE, ['task', 'approved', 'by']) as unknown as ApproveRequest; // every field was checked
}

/** Reads `{"update":"clear","input":{"onlyFailed":true}}`. Throws INVALID_ARGUMENT. */
export function parsePreviewRequest(value: unknown, updates: readonly string[]): PreviewRequest {
  const fields: Fields = {
    update: [ONE_OF(...updates), `one of ${updates.join(', ')}`],
    input: [() => true, 'the input of the update'],
  };
  return parse('preview', value, fields, ['update']) as unknown as PreviewRequest; // every field was checked
}

/** The selection that a request to clear means: ids as a pattern that matches just them. */
export function toSelection({ tasks, ...request }: ClearRequest): TaskSelection {
  if (tasks === undefined) return request;
  const escaped = tasks.map((id) => id.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return { ...request, taskRegex: `^(?:${escaped.join('|')})$` };
}

function parse(
  update: string,
  value: unknown,
  fields: Fields,
  required: readonly string[],
): Readonly<Record<string, unknown>> {
  const example = `Write ${EXAMPLES[update] ?? 'a JSON object'}.`;
  if (!isRecord(value)) throw invalid(update, `is ${showValue(value)}, not an object`, example);
  const known = Object.keys(fields);
  for (const [key, item] of Object.entries(value)) {
    const field = fields[key];
    if (field === undefined)
      throw invalid(update, `has the unknown key "${key}"`, `${suggest(key, known)} ${example}`);
    const [check, what] = field;
    if (!check(item)) throw invalid(update, `has ${key} ${showValue(item)}, not ${what}`, example);
  }
  const missing = required.find((key) => value[key] === undefined);
  if (missing !== undefined) throw invalid(update, `has no "${missing}"`, example);
  return value;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  preview: '{"update":"clear","input":{"onlyFailed":true}}',
  clear: '{"taskRegex":"^load_","downstream":true,"onlyFailed":true}',
  mark_task: '{"task":"load","state":"success","note":"loaded by hand"}',
  mark_run: '{"state":"failed","note":"wrong input"}',
  retry_now: '{"task":"load"}',
  approve: '{"task":"publish","approved":true,"by":"Ada","comment":"looks right"}',
};

function invalid(update: string, problem: string, fix: string): AirtempoError {
  return new AirtempoError('INVALID_ARGUMENT', `The input of "${update}" ${problem}. ${fix.trim()}`);
}
