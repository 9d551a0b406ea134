/**
 * The sending side of one `COPY … FROM STDIN`, as three promises: write (waits for the socket), finish, abort.
 * It hides the stream's events; it does not know what the bytes mean.
 */
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Feeds one COPY. Every promise rejects with the server's error once there is one. */
export interface CopyWriter {
  /** Resolves when the chunk before it is on its way: this is the back-pressure. */
  write(chunk: Buffer): Promise<void>;
  /** Ends the data; resolves with the number of rows once the server has taken them all. */
  finish(): Promise<number>;
  /** Makes the server give up this COPY. Resolves when it has; never rejects. */
  abort(reason: string): Promise<void>;
}

/** Starts `statement` on `client`. `mapError` puts the server's error into airtempo's terms. */
export function createCopyWriter(
  client: Pick<Client, 'query'>,
  statement: string,
  mapError: (error: unknown) => unknown,
): CopyWriter {
  const stream = client.query(copyFrom(statement));
  let failure: { readonly error: unknown } | undefined;
  let isUnderWay = false;
  let wake: (() => void) | undefined;
  const settle = (): void => {
    const resume = wake;
    wake = undefined;
    resume?.();
  };
  stream.on('error', (error: unknown) => {
    failure ??= { error: mapError(error) };
    settle();
  });
  stream.on('finish', settle);
  stream.on('close', settle);

  const waitForEvent = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (failure !== undefined) throw failure.error;
  };

  const untilTaken = async (): Promise<void> => {
    if (failure !== undefined) throw failure.error;
    while (isUnderWay) await waitForEvent();
  };

  return {
    // One chunk at a time: the stream throws where nobody catches it when it has another one left after the server's error.
    async write(chunk) {
      await untilTaken();
      isUnderWay = true;
      stream.write(chunk, () => {
        isUnderWay = false;
        settle();
      });
    },
    async finish() {
      await untilTaken();
      stream.end();
      while (!stream.writableFinished) await waitForEvent();
      return stream.rowCount;
    },
    async abort(reason) {
      // After a failure the server has left COPY mode already: there is nothing to give up.
      if (failure !== undefined || stream.writableFinished || stream.destroyed) return;
      const closed = new Promise<void>((resolve) => stream.once('close', resolve));
      stream.destroy(new Error(reason));
      await closed;
    },
  };
}
