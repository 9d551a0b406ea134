/**
 * Takes lineage events to a backend by HTTP, or to a file, one after another in the background. A bounded queue and a
 * time-out for each: a backend that is slow or away costs events and a warning, never a task.
 */
import { appendFile } from 'node:fs/promises';
import type { LineageConfig } from './lineage-config.js';
import type { LineageEvent } from './lineage.js';
import type { Logger } from '../logger.js';

/** Sends events. */
export interface LineageTransport {
  /** Returns at once. */
  send(event: LineageEvent): void;
  /** Resolves when everything taken so far is sent or given up. */
  flush(): Promise<void>;
  /** Gives up what still waits. */
  stop(): void;
}

/** About 2 MB of events: minutes of a busy worker. */
const MAX_QUEUE = 1_000;
const TIMEOUT_MS = 5_000;
const QUIET_MS = 60_000;

/** Makes the transport that the configuration asks for. */
export function createLineageTransport(config: LineageConfig, logger: Logger): LineageTransport {
  const deliver = config.type === 'file' ? toFile(config) : toHttp(config);
  return new QueuedTransport(deliver, logger);
}

type Deliver = (event: LineageEvent) => Promise<void>;

function toFile({ path }: Extract<LineageConfig, { type: 'file' }>): Deliver {
  return (event) => appendFile(path, `${JSON.stringify(event)}\n`);
}

function toHttp({ url, apiKey }: Extract<LineageConfig, { type: 'http' }>): Deliver {
  const headers = {
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  return async (event) => {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer(); // lets the connection be used again
    if (!response.ok) throw new Error(`the lineage backend answered HTTP ${String(response.status)}`);
  };
}

class QueuedTransport implements LineageTransport {
  readonly #deliver: Deliver;
  readonly #logger: Logger;
  readonly #queue: LineageEvent[] = [];
  #sending: Promise<void> | undefined;
  #lost = 0;
  #quietUntil = 0;

  constructor(deliver: Deliver, logger: Logger) {
    this.#deliver = deliver;
    this.#logger = logger;
  }

  send(event: LineageEvent): void {
    if (this.#queue.length >= MAX_QUEUE) {
      this.#lose(new Error(`${String(MAX_QUEUE)} events wait already`));
      return;
    }
    this.#queue.push(event);
    this.#sending ??= this.#drain().finally(() => (this.#sending = undefined));
  }

  async flush(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
  }

  stop(): void {
    this.#queue.length = 0;
  }

  async #drain(): Promise<void> {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      try {
        await this.#deliver(event);
      } catch (error) {
        this.#lose(error);
      }
    }
  }

  #lose(error: unknown): void {
    this.#lost += 1;
    const now = performance.now();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + QUIET_MS;
    this.#logger.warn(
      { err: error, lost: this.#lost },
      'lineage events could not be sent; further warnings are left out for a minute',
    );
  }
}
