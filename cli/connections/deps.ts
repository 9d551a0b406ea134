/** What the `connections` commands are given from outside; nothing in this folder reads the process itself. */
import type { Connection, ConnectionType } from '../../core/connection.js';
import type { ConnectionRegistry, EncryptedFileStore, Environment } from '../../connections/index.js';

/** Somewhere to write text, such as `process.stdout`. */
export interface TextSink {
  write(text: string): unknown;
}

/** Somewhere to read text, such as `process.stdin`. */
export type TextSource = AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean };

/** Asks the person at the terminal. Rejects when the person interrupts. */
export interface Prompter {
  /** A visible answer; '' when none is given. */
  text(question: string): Promise<string>;
  /** An answer that is not shown; '' when none is given. */
  secret(question: string): Promise<string>;
}

/** What a try to connect gave. */
export interface ConnectionTestResult {
  readonly ok: boolean;
  /** One line: the server's version or identity, or what went wrong and how to fix it. */
  readonly message: string;
}

/** Tries to connect; gives up when the signal aborts. */
export type ConnectionTester = (connection: Connection, signal: AbortSignal) => Promise<ConnectionTestResult>;

/** Dependencies of `connectionsCommand`. */
export interface ConnectionsCommandDeps {
  readonly registry: ConnectionRegistry;
  /** Where connections are added, deleted and exported from. */
  readonly store: EncryptedFileStore;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly stdin: TextSource;
  readonly env: Environment;
  readonly testers: Readonly<Record<ConnectionType, ConnectionTester>>;
  /** Absent when there is no terminal to ask at. */
  readonly prompt?: Prompter | undefined;
}
