import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CreateRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolveAwsConfig } from '../../connections/aws.js';
import { isAlive } from '../../local/processes.js';
import { waitUntil } from '../../local/wait-until.js';
import { MOTO_ACCOUNT, startMoto, type Moto } from '../support/moto.js';

let moto: Moto;

beforeAll(async () => {
  moto = await startMoto();
}, 600_000);
afterAll(() => moto.stop());

test('moto answers the clients of the AWS SDK, and forgets when asked to', async () => {
  const sts = new STSClient(resolveAwsConfig(moto.connection(), 'sts'));
  expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe(MOTO_ACCOUNT);
  const iam = new IAMClient(resolveAwsConfig(moto.connection(), 'iam'));
  await iam.send(new CreateRoleCommand({ RoleName: 'one', AssumeRolePolicyDocument: '{}' }));
  expect((await iam.send(new ListRolesCommand({}))).Roles?.map(({ RoleName }) => RoleName)).toContain('one');
  await moto.reset();
  expect((await iam.send(new ListRolesCommand({}))).Roles?.map(({ RoleName }) => RoleName)).not.toContain(
    'one',
  );
});

test('moto ends when the process that started it is killed', async () => {
  const script = `import { startMoto } from './test/support/moto.js';
    import { readFile } from 'node:fs/promises';
    await startMoto();
    console.log(await readFile(\`/proc/\${process.pid}/task/\${process.pid}/children\`, 'utf8').catch(() => ''));
    setInterval(() => {}, 1000);`;
  if (process.platform !== 'linux') return; // the children of a process are read from /proc
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pids = line.toString().trim().split(/\s+/).map(Number);
  expect(pids.length).toBeGreaterThan(0);
  parent.kill('SIGKILL');
  expect(await waitUntil(() => pids.every((pid) => !isAlive(pid)), { timeoutMs: 60_000 })).toBe(true);
});
