/** A run that is killed while it publishes: the former report comes back, and nothing of the run stays. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkFolder, MANIFEST, publishFolder } from '../../insights/publish-folder.js';
import { createScratchFolder } from '../support/scratch.js';

const RUN = '-0f8fad5b-d9cb-469f-a165-70867728950e';
let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let folder: string;

/** Leaves what a process leaves that is killed between the two renames. */
beforeEach(async () => {
  scratch = await createScratchFolder();
  folder = path.join(scratch.dir, 'report');
  await publishFolder(folder, new Map([[MANIFEST, 'former']]));
  await rename(folder, path.join(scratch.dir, `.report${RUN}.old`));
  await mkdir(path.join(scratch.dir, `.report${RUN}.new`));
  await writeFile(path.join(scratch.dir, `.report${RUN}.new`, MANIFEST), 'half');
});
afterEach(() => scratch.remove());

it('has the former files again before the next run computes, which may fail', async () => {
  await checkFolder(folder);
  expect(await readFile(path.join(folder, MANIFEST), 'utf8')).toBe('former');
  expect(await readdir(scratch.dir)).toEqual(['report']);
});

it('has the new files after the next run, and nothing beside them', async () => {
  await publishFolder(folder, new Map([[MANIFEST, 'new']]));
  expect(await readFile(path.join(folder, MANIFEST), 'utf8')).toBe('new');
  expect(await readdir(scratch.dir)).toEqual(['report']);
});

it('keeps the folder that is there, when only the removal of the former one was cut off', async () => {
  await publishFolder(folder, new Map([[MANIFEST, 'new']]));
  await mkdir(path.join(scratch.dir, `.report${RUN}.old`));
  await checkFolder(folder);
  expect(await readFile(path.join(folder, MANIFEST), 'utf8')).toBe('new');
  expect(await readdir(scratch.dir)).toEqual(['report']);
});

it('touches nothing of other folders', async () => {
  const others = [`.report-2${RUN}.old`, '.report-mine.old', `.other${RUN}.old`];
  for (const name of others) await mkdir(path.join(scratch.dir, name));
  await checkFolder(folder);
  expect((await readdir(scratch.dir)).toSorted()).toEqual([...others, 'report'].toSorted());
});
