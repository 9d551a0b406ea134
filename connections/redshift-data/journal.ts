/**
 * What a task remembers of the statements it has handed over, so that its next try goes on with them instead of running
 * them twice. Pure but for the one function that keeps the memory.
 *
 * Two things guard against a twin. The ClientToken follows from the task and the statement, so that the service itself
 * knows a statement handed over twice (for eight hours). And the id that it gave is kept with the task's heartbeat before
 * anything is waited for, so that it is asked for by name (for as long as the service keeps results, a day).
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DataRequest } from './request.js';

/** Where the memory is kept, and whose it is. */
export interface StatementMemory {
  /** Names the task's work: the same at each try, another once the task has been cleared. */
  readonly key: string;
  /** What the former try kept, if it kept anything. */
  readonly former: unknown;
  keep(details: unknown): void;
  /** Whether a statement that has ended since is asked again, because its answer may be another by now. Default false. */
  readonly refresh?: boolean;
}

const TOKEN_CHARACTERS = 64;
const HASH_CHARACTERS = 16;
/** A heartbeat is small; a task that runs more batches than this has its oldest ones known by their token alone. */
const MOST_ENTRIES = 40;

const entrySchema = z.object({ hash: z.string(), attempt: z.int().nonnegative(), id: z.string() });
type Entry = z.infer<typeof entrySchema>;
const memorySchema = z.object({ redshiftData: z.record(z.string(), entrySchema) });

/** One call's place in the journal. */
export interface JournalEntry {
  /** The id that the former try was given for it. */
  readonly known: string | undefined;
  readonly token: string;
  /** Keeps the id that the service gave. */
  keep(id: string): void;
  /** The entry for handing the same statements over anew: another token. */
  renew(): JournalEntry;
}

export interface Journal {
  /** The entry for the task's next call. A call is known by its number in the task and by what it asks. */
  next(request: DataRequest): JournalEntry;
}

function sha256(...texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

/** The journal of one try. */
export function createJournal(memory: StatementMemory): Journal {
  const parsed = memorySchema.safeParse(memory.former);
  const entries = new Map<string, Entry>(parsed.success ? Object.entries(parsed.data.redshiftData) : []);
  let calls = 0;

  function keep(number: string, entry: Entry): void {
    entries.delete(number); // the newest are at the end
    entries.set(number, entry);
    memory.keep({ redshiftData: Object.fromEntries([...entries].slice(-MOST_ENTRIES)) });
  }

  function createEntry(number: string, hash: string, attempt: number, known?: string): JournalEntry {
    return {
      known,
      token: sha256(memory.key, number, hash, String(attempt)).slice(0, TOKEN_CHARACTERS),
      keep: (id) => keep(number, { hash, attempt, id }),
      renew: () => createEntry(number, hash, attempt + 1),
    };
  }

  return {
    next: (request) => {
      const number = String((calls += 1));
      const hash = sha256(JSON.stringify(request)).slice(0, HASH_CHARACTERS);
      const entry = entries.get(number);
      return entry?.hash === hash
        ? createEntry(number, hash, entry.attempt, entry.id)
        : createEntry(number, hash, 0);
    },
  };
}
