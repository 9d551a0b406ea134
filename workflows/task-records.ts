/** What is kept of each task besides its state: times, tries, messages, and which are worth a row in a large run. */
import { isFinal, type TaskState } from '../core/states.js';
import type { TryFacts } from './contract.js';
import { NotableTasks, type TaskRecord } from './run-report.js';

/** What all messages of a run may take; with 1,000 failures, the later ones are cut short. */
const MESSAGES_CHARACTERS = 100_000;
const SHORTEST_MESSAGE = 40;

export class TaskRecords {
  readonly #records: Map<string, TaskRecord>;
  readonly #notable = new NotableTasks();
  #messageRoom = MESSAGES_CHARACTERS;

  constructor(restored: Iterable<readonly [string, TaskRecord]> = []) {
    this.#records = new Map(restored);
  }

  get all(): ReadonlyMap<string, TaskRecord> {
    return this.#records;
  }

  /** Ids of the tasks that a large run shows. */
  get notableIds(): readonly string[] {
    return this.#notable.ids();
  }

  of(taskId: string): TaskRecord {
    const known = this.#records.get(taskId);
    if (known !== undefined) return known;
    const record: TaskRecord = {};
    this.#records.set(taskId, record);
    return record;
  }

  /** A task has another state. */
  noteState(taskId: string, state: TaskState, nowMs: number): void {
    if (state === 'running') this.of(taskId).startedAtMs = nowMs;
    else if (state === 'scheduled') this.of(taskId).scheduledAtMs = nowMs;
    else if (isFinal(state)) this.of(taskId).endedAtMs = nowMs;
    this.#notable.note(taskId, state);
  }

  noteTry(taskId: string, { tryNumber, queuedMs }: TryFacts): void {
    const record = this.of(taskId);
    if (tryNumber !== undefined) record.tries = tryNumber;
    if (queuedMs !== undefined) record.queuedMs = queuedMs;
  }

  /** Keeps why a task failed or was skipped, as far as there is room. */
  noteMessage(taskId: string, message: string): void {
    const kept = message.slice(0, Math.max(SHORTEST_MESSAGE, Math.floor(this.#messageRoom / 10)));
    this.#messageRoom -= kept.length;
    this.of(taskId).message = kept === message ? message : `${kept}…`;
  }

  forget(taskId: string): void {
    this.#records.delete(taskId);
  }

  /** Forgets the tasks that the run no longer has. */
  keepOnly(exists: (taskId: string) => boolean): void {
    for (const id of this.#records.keys()) if (!exists(id)) this.#records.delete(id);
  }
}
