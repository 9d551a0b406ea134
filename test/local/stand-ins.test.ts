/** Stand-ins beside the stack: found by other processes, by the connection that leads to S3 as well. */
import { expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { EMRClient, ListClustersCommand, RunJobFlowCommand } from '@aws-sdk/client-emr';
import { resolveAwsConfig } from '../../connections/aws.js';
import { addStandIns, readStandInPorts } from '../../local/stand-in-ports.js';
import { startStandIns } from '../../local/stand-ins.js';
import { jobFlow } from '../support/emr.js';
import { createScratchFolder } from '../support/scratch.js';
import { services } from '../support/services.js';

it(
  'answers at the address that aws_credentials has, with the keys of S3, and is there again at the next start',
  async () => {
    const { dir, remove } = await createScratchFolder();
    const { s3, postgres } = services();
    const start = () => startStandIns({ dir, names: ['emr'], s3, postgres });
    const open = async (): Promise<EMRClient> =>
      new EMRClient(resolveAwsConfig(addStandIns(s3, await readStandInPorts(dir, process.pid)), 'emr'));

    const first = await start();
    const client = await open();
    const { JobFlowId } = await client.send(new RunJobFlowCommand(jobFlow()));
    client.destroy();
    expect(await readStandInPorts(dir, process.pid + 1)).toEqual({});
    await first.stop();
    expect(await readStandInPorts(dir, process.pid)).toEqual({});

    const second = await start();
    const again = await open();
    const { Clusters = [] } = await again.send(new ListClustersCommand({}));
    expect(Clusters.map(({ Id }) => Id)).toEqual([JobFlowId]);
    again.destroy();
    await second.stop();
    expect(await readdir(dir)).toEqual(['emr']);
    await remove();
  },
  10 * 60_000,
);

it('leaves the connection to S3 as it is when none runs', () => {
  const { s3 } = services();
  expect(addStandIns(s3, {})).toBe(s3);
});
