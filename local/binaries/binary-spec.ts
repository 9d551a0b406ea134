/** What a program of the local stack is, and where it can come from. Pure data: nothing here touches the system. */

/** A program that `ensureBinary` can find, fetch or build. */
export interface BinarySpec {
  /** The file name on PATH, such as `temporal`. */
  readonly name: string;
  /** What people call it, such as `the Temporal CLI`. */
  readonly title: string;
  /** The version that is downloaded or built. */
  readonly version: string;
  /** The oldest version that will do when it is found on PATH, as `version --version` reports it. */
  readonly minimumVersion: string;
  /** An environment variable that names the program's file and wins over everything else. */
  readonly envOverride: string;
  /** Finds the version in the output of `--version`. No match means a self-built program: it is trusted. */
  readonly versionPattern: RegExp;
  /** The vendor's own archive for a platform, or undefined where the vendor has none. */
  readonly download: (platform: NodeJS.Platform, arch: string) => BinaryDownload | undefined;
  readonly goBuild: GoBuild;
  /** Where a person finds installation help. */
  readonly homepage: string;
}

/** A `.tar.gz` that holds the program. */
export interface BinaryDownload {
  readonly url: string;
  /** A list in `sha256sum` format beside it. It proves that nothing was damaged, not who made the archive. */
  readonly checksumsUrl?: string;
}

/** A build from the Go module proxy, checked by Go against its checksum database. */
export interface GoBuild {
  /** `module/package@version`. */
  readonly package: string;
  readonly ldflags: string;
  /** How long it takes the first time, for the progress line. */
  readonly expected: string;
}

/** Compares dotted version numbers: negative when `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
