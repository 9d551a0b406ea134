/** Keeps clusters in files, one each, so that a server that was killed knows them when it starts again. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writePrivateFile } from '../private-file.js';
import { clusterSchema } from './cluster.js';
import type { Cluster } from './cluster.js';

export interface ClusterFiles {
  load(): Promise<readonly Cluster[]>;
  /** Writes the cluster as it is when its turn comes; settles when it is on the disk. */
  save(cluster: Cluster): Promise<void>;
}

/** Files in `folder`, one a cluster. */
export function createClusterFiles(folder: string): ClusterFiles {
  const turns = new Map<string, Promise<void>>();
  return {
    async load() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const names = (await readdir(folder)).filter((name) => /^j-\w+\.json$/.test(name));
      const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
      return texts.map((text) => clusterSchema.parse(JSON.parse(text)));
    },
    save(cluster) {
      const write = (): Promise<void> =>
        writePrivateFile(path.join(folder, `${cluster.id}.json`), JSON.stringify(cluster, null, 2));
      // one after the other: of two writes at once the older could be the last
      const turn = (turns.get(cluster.id) ?? Promise.resolve()).then(write, write);
      turns.set(cluster.id, turn);
      return turn;
    },
  };
}
