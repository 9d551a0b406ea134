/** Where generated files go. A sink knows nothing of events. */

/** A file that readers see when it is committed and not before. */
export interface OutputFile {
  write(chunk: Buffer): Promise<void>;
  commit(): Promise<void>;
}

export interface Sink {
  /** `days`: a file for each day. `one`: all in one file, whose name the sink decides. */
  readonly layout: 'days' | 'one';
  open(name: string): Promise<OutputFile>;
  /** Makes everything visible, then the manifest. */
  finish(manifest: string): Promise<void>;
  /** Removes what was not finished. */
  discard(): Promise<void>;
}
