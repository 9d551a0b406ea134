/**
 * The log store: one log for each try of each task, found again by run and task. Kept in a folder, or in
 * S3 as `s3://bucket/prefix?conn=aws_credentials`.
 */
import type { Connection } from '../core/connection.js';
import { isS3Place } from './s3-place.js';
import { createFileLogBlobs } from './task-log-files.js';
import { createS3LogBlobs } from './task-log-s3.js';
import { TaskLogWriter, type FlushPolicy, type LogSink } from './task-log-writer.js';
import { encodeSegment } from './xcom-key.js';

/** Whose log it is. */
export interface TryId {
  readonly workflowId: string;
  /** Temporal's id of the execution, since a workflow id may be used again. */
  readonly executionId: string;
  readonly taskId: string;
  /** When the task was handed to the workers, ms since the epoch: a cleared task begins anew with attempt 1. */
  readonly scheduledMs: number;
  readonly attempt: number;
}

/** A log that exists. */
export interface TryLog {
  /** Counts all tries of the task that have a log, over clears and reruns too. 1 is the first. */
  readonly tryNumber: number;
  readonly executionId: string;
  readonly scheduledAt: Date;
  readonly attempt: number;
  /** Path or address, as a person would look for it. */
  readonly address: string;
}

/** A part of a log: whole lines, and where to read on. */
export interface LogPart {
  readonly text: string;
  /** The same as asked for when there is nothing more yet. */
  readonly position: number;
}

/** How logs are kept in one kind of place. */
export interface LogBlobs {
  readonly flush: FlushPolicy;
  /** Opens the log `<folder>/<name>` for writing, at the first append. */
  open(folder: string, name: string): LogSink;
  /** Names of the folders in a folder; none when it does not exist. */
  listFolders(folder: string): Promise<readonly string[]>;
  /** Names of the logs in a folder. */
  listLogs(folder: string): Promise<readonly string[]>;
  /** Reads on from `position`, which is 0 at the start. */
  read(folder: string, name: string, position: number): Promise<LogPart>;
  addressOf(folder: string, name: string): string;
}

/** Keeps and finds logs. */
export interface TaskLogStore {
  /** The place as it was configured. */
  readonly place: string;
  open(id: TryId): TaskLogWriter;
  /** The logs of a task, the oldest try first. */
  list(workflowId: string, taskId: string): Promise<readonly TryLog[]>;
  read(log: TryLog, position: number): Promise<LogPart>;
}

/** The log store at `place`. `onError` hears of a store that cannot be written, once. */
export function createTaskLogStore(
  place: string,
  connection: (connId: string) => Promise<Connection>,
  onError: (error: unknown) => void,
): TaskLogStore {
  const blobs = isS3Place(place) ? createS3LogBlobs(place, connection) : createFileLogBlobs(place);
  let isKnownBroken = false;
  const report = (error: unknown): void => {
    if (!isKnownBroken) onError(error);
    isKnownBroken = true;
  };
  const found = new WeakMap<TryLog, readonly [folder: string, name: string]>();
  return {
    place,
    open: (id) => new TaskLogWriter(blobs.open(folderOf(id), nameOf(id)), blobs.flush, report),
    async list(workflowId, taskId) {
      const run = encodeSegment(workflowId);
      const executions = await blobs.listFolders(run);
      const logs = await Promise.all(
        executions.map(async (execution) => {
          const folder = [run, execution, encodeSegment(taskId)].join('/');
          const names = await blobs.listLogs(folder);
          return names.flatMap((name) => parseName(name, execution, folder));
        }),
      );
      const sorted = logs.flat().sort((a, b) => a.scheduledMs - b.scheduledMs || a.attempt - b.attempt);
      return numberTries(sorted).map(({ tryNumber, log: { folder, name, ...log } }) => {
        const result: TryLog = {
          tryNumber,
          executionId: log.executionId,
          scheduledAt: new Date(log.scheduledMs),
          attempt: log.attempt,
          address: blobs.addressOf(folder, name),
        };
        found.set(result, [folder, name]);
        return result;
      });
    },
    async read(log, position) {
      const [folder, name] = found.get(log) ?? [];
      if (folder === undefined || name === undefined) throw new Error('read a log that list() has returned');
      return blobs.read(folder, name, position);
    },
  };
}

function folderOf({ workflowId, executionId, taskId }: TryId): string {
  return [workflowId, executionId, taskId].map(encodeSegment).join('/');
}

function nameOf({ scheduledMs, attempt }: TryId): string {
  return `${String(Math.trunc(scheduledMs))}.${String(attempt)}`;
}

interface FoundLog {
  readonly executionId: string;
  readonly scheduledMs: number;
  readonly attempt: number;
  readonly folder: string;
  readonly name: string;
}

/** Whatever else lies in the folder is not ours. */
function parseName(name: string, executionId: string, folder: string): readonly FoundLog[] {
  const match = /^(\d+)\.(\d+)$/.exec(name);
  if (match === null) return [];
  return [{ executionId, scheduledMs: Number(match[1]), attempt: Number(match[2]), folder, name }];
}

/** A try without a log, of a worker that died early, still counts: the number is that of the Web UI where it can be. */
function numberTries(
  logs: readonly FoundLog[],
): readonly { readonly tryNumber: number; readonly log: FoundLog }[] {
  let before = 0;
  let current: FoundLog | undefined;
  return logs.map((log) => {
    if (current !== undefined && log.scheduledMs !== current.scheduledMs) before += current.attempt;
    current = log;
    return { tryNumber: before + log.attempt, log };
  });
}
