/** The Temporal CLI: one program with the server, the Web UI and the command line. MIT. */

import type { BinarySpec } from './binary-spec.js';

/** The newest version that the Go module proxy can build: later ones need a nested module that it does not serve. */
const VERSION = '1.5.1';

export const TEMPORAL_BINARY: BinarySpec = {
  name: 'temporal',
  title: 'the Temporal CLI',
  version: VERSION,
  // Counted by the server inside, because a self-built CLI calls itself 0.0.0-DEV but still names its server.
  minimumVersion: '1.29.0',
  versionPattern: /Server (\d+\.\d+\.\d+)/,
  envOverride: 'AIRTEMPO_TEMPORAL_BIN',
  download: (platform, arch) => {
    const os = { linux: 'linux', darwin: 'darwin' }[platform as string];
    const cpu = { x64: 'amd64', arm64: 'arm64' }[arch];
    if (os === undefined || cpu === undefined) return undefined;
    // The vendor publishes no checksum list at this address: TLS is the only proof of origin.
    return { url: `https://temporal.download/cli/archive/v${VERSION}?platform=${os}&arch=${cpu}` };
  },
  goBuild: {
    package: `github.com/temporalio/cli/cmd/temporal@v${VERSION}`,
    ldflags: `-s -w -X github.com/temporalio/cli/temporalcli.Version=${VERSION}`,
    expected: 'about 5 minutes',
  },
  homepage: 'https://docs.temporal.io/cli',
};
