/** versitygw: an S3 server over plain files that checks every signature. Apache-2.0. */

import type { BinarySpec } from './binary-spec.js';

const VERSION = '1.8.0';
const RELEASE = `https://github.com/versity/versitygw/releases/download/v${VERSION}`;

export const VERSITYGW_BINARY: BinarySpec = {
  name: 'versitygw',
  title: 'versitygw, the S3 server',
  version: VERSION,
  minimumVersion: '1.7.0',
  versionPattern: /Version\s*:\s*v?(\d+\.\d+\.\d+)/,
  envOverride: 'AIRTEMPO_VERSITYGW_BIN',
  download: (platform, arch) => {
    const os = { linux: 'Linux', darwin: 'Darwin' }[platform as string];
    const cpu = { x64: 'x86_64', arm64: 'arm64' }[arch];
    if (os === undefined || cpu === undefined) return undefined;
    return {
      url: `${RELEASE}/versitygw_v${VERSION}_${os}_${cpu}.tar.gz`,
      checksumsUrl: `${RELEASE}/checksums.txt`,
    };
  },
  goBuild: {
    package: `github.com/versity/versitygw/cmd/versitygw@v${VERSION}`,
    ldflags: `-s -w -X main.Version=${VERSION}`,
    expected: 'about 4 minutes',
  },
  homepage: 'https://github.com/versity/versitygw',
};
