import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { BinarySpec } from '../../local/binaries/binary-spec.js';
import { compareVersions } from '../../local/binaries/binary-spec.js';
import { ensureBinary } from '../../local/binaries/ensure-binary.js';
import { TEMPORAL_BINARY } from '../../local/binaries/temporal-binary.js';
import { VERSITYGW_BINARY } from '../../local/binaries/versitygw-binary.js';
import type { ProgressEvent } from '../../local/progress.js';
import { createScratchFolder, writeScript } from '../support/scratch.js';

const run = promisify(execFile);
let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let servers: Server[] = [];

beforeEach(async () => {
  scratch = await createScratchFolder();
});
afterEach(async () => {
  servers.forEach((server) => server.close());
  servers = [];
  await scratch.remove();
});

const at = (...parts: string[]): string => path.join(scratch.dir, ...parts);

/** A program called `tool` whose download goes nowhere unless a test serves it. */
function spec(changes: Partial<BinarySpec> = {}): BinarySpec {
  return {
    name: 'tool',
    title: 'the tool',
    version: '2.0.0',
    minimumVersion: '1.5.0',
    envOverride: 'TOOL_BIN',
    versionPattern: /tool (\d+\.\d+\.\d+)/,
    download: () => ({ url: 'http://127.0.0.1:9/tool.tar.gz' }), // the discard port: refused at once
    goBuild: { package: 'example.com/tool@v2.0.0', ldflags: '-s', expected: 'a moment' },
    homepage: 'https://example.com/tool',
    ...changes,
  };
}

const env = (changes: Record<string, string> = {}): Record<string, string> => ({
  PATH: at('path'),
  AIRTEMPO_CACHE: at('cache'),
  ...changes,
});

const tool = (file: string, version: string): Promise<string> => writeScript(file, `echo "tool ${version}"`);

/** A fake `go` that "builds" the tool into GOBIN and leaves a line for each call. */
const fakeGo = (version = '2.0.0'): Promise<string> =>
  writeScript(
    at('path', 'go'),
    `echo "$@" >> ${at('go-calls')}`,
    `printf '#!/bin/sh\\necho tool ${version}\\n' > "$GOBIN/tool"`,
    '/bin/chmod +x "$GOBIN/tool"',
  );

async function serve(files: Record<string, Buffer>): Promise<string> {
  const server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.writeHead(body ? 200 : 404).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function archive(): Promise<Buffer> {
  await tool(at('release', 'tool_v2', 'tool'), '2.0.0');
  await run('tar', ['-czf', at('tool.tar.gz'), '-C', at('release'), '.']);
  return readFile(at('tool.tar.gz'));
}

describe('a program is taken from', () => {
  test('the file that its environment variable names, before everything else', async () => {
    const chosen = await tool(at('mine'), '0.1.0');
    await tool(at('path', 'tool'), '2.0.0');
    expect(await ensureBinary(spec(), { env: env({ TOOL_BIN: chosen }) })).toBe(chosen);
  });

  test('PATH, before the cache', async () => {
    const installed = await tool(at('path', 'tool'), '1.5.0');
    await tool(at('cache', 'bin', 'tool-2.0.0'), '2.0.0');
    expect(await ensureBinary(spec(), { env: env() })).toBe(installed);
  });

  test('the cache, when the one on PATH is too old', async () => {
    await tool(at('path', 'tool'), '1.4.9');
    const cached = await tool(at('cache', 'bin', 'tool-2.0.0'), '2.0.0');
    expect(await ensureBinary(spec(), { env: env() })).toBe(cached);
  });

  test('PATH, when it was built by hand and does not know its version', async () => {
    const installed = await writeScript(at('path', 'tool'), 'echo "Version : git"');
    expect(await ensureBinary(spec(), { env: env() })).toBe(installed);
  });

  test("the vendor's download, before a build", async () => {
    const host = await serve({ '/tool.tar.gz': await archive() });
    await fakeGo();
    const file = await ensureBinary(spec({ download: () => ({ url: `${host}/tool.tar.gz` }) }), {
      env: env(),
    });
    expect(file).toBe(at('cache', 'bin', 'tool-2.0.0'));
    expect((await run(file, ['--version'])).stdout).toBe('tool 2.0.0\n');
    await expect(readFile(at('go-calls'))).rejects.toThrow('ENOENT');
  });

  test('a Go build, when the download fails', async () => {
    await fakeGo();
    const events: ProgressEvent[] = [];
    const file = await ensureBinary(spec(), { env: env(), onProgress: (event) => events.push(event) });
    expect((await run(file, ['--version'])).stdout).toBe('tool 2.0.0\n');
    expect(await readFile(at('go-calls'), 'utf8')).toBe('install -p 2 -ldflags -s example.com/tool@v2.0.0\n');
    const messages = events.map((event) => event.message);
    expect(messages).toContainEqual(
      expect.stringMatching(/^Building the tool 2\.0\.0 with Go: \d s so far, a moment/),
    );
    expect(events.at(-1)).toMatchObject({ step: 'tool', done: true, message: `Using ${file}` });
  });
});

describe('a download is trusted only when', () => {
  const withChecksums = async (sum: (body: Buffer) => string): Promise<BinarySpec> => {
    const body = await archive();
    const host = await serve({
      '/tool.tar.gz': body,
      '/checksums.txt': Buffer.from(`${sum(body)}  tool.tar.gz\n`),
    });
    return spec({ download: () => ({ url: `${host}/tool.tar.gz`, checksumsUrl: `${host}/checksums.txt` }) });
  };

  test('it matches the checksum list', async () => {
    const good = await withChecksums((body) => createHash('sha256').update(body).digest('hex'));
    expect(await ensureBinary(good, { env: env() })).toBe(at('cache', 'bin', 'tool-2.0.0'));
  });

  test('and not when it differs', async () => {
    const bad = await withChecksums(() => 'a'.repeat(64));
    await expect(ensureBinary(bad, { env: env() })).rejects.toThrow(/does not match its checksum/);
    expect(await readdir(at('cache', 'bin'))).toEqual([]);
  });
});

describe('when there is no way to a program', () => {
  test('one error names what was tried and the three ways out', async () => {
    await expect(ensureBinary(spec(), { env: env() })).rejects.toMatchObject({
      code: 'BINARY_NOT_FOUND',
      message: expect.stringMatching(
        new RegExp(
          'it is not on PATH; the download failed: 127.0.0.1:9 cannot be reached .*; it cannot be built: Go is not ' +
            'installed. Any one of these helps: \\(1\\) install it .* `tool --version` works, or set TOOL_BIN .*; ' +
            '\\(2\\) allow this machine to download from 127.0.0.1:9; \\(3\\) install Go, .*',
        ),
      ),
    });
  });

  test('a setting that names no program is an error, not a reason to search on', async () => {
    await tool(at('path', 'tool'), '2.0.0');
    await expect(ensureBinary(spec(), { env: env({ TOOL_BIN: at('absent') }) })).rejects.toThrow(
      `TOOL_BIN is ${at('absent')}, which is not an executable file`,
    );
  });

  test('a build that fails leaves its log and no program', async () => {
    await writeScript(at('path', 'go'), 'echo "no such module" >&2', 'exit 3');
    await expect(ensureBinary(spec(), { env: env() })).rejects.toThrow(
      /go install ended with code 3: its log is (.*)/,
    );
    expect(await readFile(at('cache', 'logs', 'build-tool-2.0.0.log'), 'utf8')).toBe('no such module\n');
    expect(await readdir(at('cache', 'bin'))).toEqual([]);
  });

  test('a program that turns out to be too old is not installed', async () => {
    await fakeGo('1.0.0');
    await expect(ensureBinary(spec(), { env: env() })).rejects.toThrow(
      /is version 1\.0\.0, older than 1\.5\.0/,
    );
  });
});

test('several at once build only once', async () => {
  await fakeGo();
  const files = await Promise.all([1, 2, 3].map(() => ensureBinary(spec(), { env: env() })));
  expect(new Set(files)).toEqual(new Set([at('cache', 'bin', 'tool-2.0.0')]));
  expect((await readFile(at('go-calls'), 'utf8')).split('\n')).toHaveLength(2);
});

test('what a killed install left behind is cleared away', async () => {
  await fakeGo();
  await writeScript(at('cache', 'bin', 'tool-2.0.0.new-dead', 'tool'), 'exit 1');
  await ensureBinary(spec(), { env: env() });
  expect(await readdir(at('cache', 'bin'))).toEqual(['tool-2.0.0']);
});

test('a cancelled search ends at once and tries nothing else', async () => {
  await fakeGo();
  const signal = AbortSignal.abort(new Error('Ctrl-C'));
  await expect(ensureBinary(spec(), { env: env(), signal })).rejects.toThrow('Ctrl-C');
  await expect(readFile(at('go-calls'))).rejects.toThrow('ENOENT');
});

test('without a home, Go keeps its own caches in our cache folder', async () => {
  await fakeGo();
  await writeFile(
    at('path', 'go'),
    `${await readFile(at('path', 'go'), 'utf8')}echo "$GOPATH $GOCACHE" > ${at('env')}\n`,
  );
  await ensureBinary(spec(), { env: env() });
  expect(await readFile(at('env'), 'utf8')).toBe(`${at('cache', 'go')} ${at('cache', 'go-build')}\n`);
});

describe('the programs of the stack', () => {
  test('come from the addresses where their vendors keep them', () => {
    expect(TEMPORAL_BINARY.download('darwin', 'arm64')?.url).toBe(
      'https://temporal.download/cli/archive/v1.5.1?platform=darwin&arch=arm64',
    );
    expect(VERSITYGW_BINARY.download('linux', 'x64')?.url).toBe(
      'https://github.com/versity/versitygw/releases/download/v1.8.0/versitygw_v1.8.0_Linux_x86_64.tar.gz',
    );
    expect(TEMPORAL_BINARY.download('win32', 'x64')).toBeUndefined();
  });

  test.each([
    [TEMPORAL_BINARY, 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)', '1.29.1'],
    [TEMPORAL_BINARY, 'temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)', '1.29.1'],
    [VERSITYGW_BINARY, 'Version  : 1.8.0\nBuild    : abc', '1.8.0'],
    [VERSITYGW_BINARY, 'Version  : v1.8.0\n', '1.8.0'],
    [VERSITYGW_BINARY, 'Version  : git\n', undefined],
  ])('are asked for their version: %#', (binary, output, version) => {
    expect(binary.versionPattern.exec(output)?.[1]).toBe(version);
  });

  test.each([
    ['1.5.0', '1.5.0', 0],
    ['1.10.0', '1.9.9', 1],
    ['1.5', '1.5.1', -1],
  ])('versions %s and %s compare by number', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});
