/** Our side: what the tasks of local_data_lake do, for the whole period in one run. */
import path from 'node:path';
import { openDuckDb } from '../../connections/duckdb/duckdb.js';
import { openLakeStore } from '../../connections/lake/lake-store.js';
import { writeCatalogue } from '../../connections/lake/write-catalogue.js';
import { writeDays } from '../../connections/lake/write-days.js';

/** Around the days of the generated events. */
export const PERIOD = { from: '2018-10-01', to: '2018-12-02' };

/** Writes the lake of a data folder. */
export async function runOurs(data: string, lake: string): Promise<void> {
  const db = await openDuckDb({ memoryLimit: '2GB' });
  const store = await openLakeStore(lake, { tempFolder: db.tempFolder });
  await writeCatalogue(db, store, { songs: path.join(data, 'songs'), maxErrors: 0 });
  const logs = path.join(data, 'logs');
  await writeDays(db, store, { logs, ...PERIOD, maxErrors: 0 });
  await store.close();
  await db.close();
}
