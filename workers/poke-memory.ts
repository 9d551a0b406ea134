/** What a sensor's pokes leave for the next one, in the details of its heartbeat: engine's own, beside the handler's. */
import { isRecord } from '../core/outside-value.js';

export interface PokeMemory {
  /** Tries that failed with an error. */
  readonly errors: number;
  /** What the handler reported with its last heartbeat. */
  readonly details?: unknown;
}

const KEY = '$sensor';

/** The memory as heartbeat details. */
export function wrapPokeMemory(memory: PokeMemory): unknown {
  return { [KEY]: memory };
}

/** The memory of the former poke; an empty one for the first. */
export function readPokeMemory(heartbeat: unknown): PokeMemory {
  const memory = isRecord(heartbeat) ? heartbeat[KEY] : undefined;
  return isRecord(memory) ? (memory as unknown as PokeMemory) : { errors: 0 }; // written by `wrapPokeMemory`
}
