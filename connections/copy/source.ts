/** Where a COPY's bytes come from: the small interface that S3 and local files stand behind. Types only. */

/** One file to load. */
export interface SourceFile {
  /** The URL or path, as reports name it. */
  readonly name: string;
  /** Its bytes as stored, perhaps compressed; paced by the reader. */
  open(signal: AbortSignal | undefined): AsyncIterable<Buffer>;
}

/** What to load, and what else can be read from the same place. */
export interface CopySource {
  /** The prefix, manifest, folder or glob as it was given. */
  readonly from: string;
  /** The files in a fixed order. Throws SOURCE_NOT_FOUND when there is none at all. */
  files(signal: AbortSignal | undefined): AsyncIterable<SourceFile>;
  /** Optional files of a manifest that did not exist; complete once `files` has ended. */
  readonly skipped: readonly string[];
  /** Reads a small file (JSONPaths) whole, as text. */
  readText(name: string, signal: AbortSignal | undefined): Promise<string>;
}
