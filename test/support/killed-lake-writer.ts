/** A process that writes days of a lake and kills itself after so many files have been put in place: node … LOGS LAKE PUTS. */
import { openDuckDb } from '../../connections/duckdb/duckdb.js';
import { openLakeStore } from '../../connections/lake/lake-store.js';
import { writeDays } from '../../connections/lake/write-days.js';

const [, , logs = '', lake = '', puts = '0'] = process.argv;
const db = await openDuckDb({ threads: 1, tempFolder: process.env['TMPDIR'] });
const store = await openLakeStore(lake, { tempFolder: db.tempFolder });
let left = Number(puts);
const mortal = {
  ...store,
  put: async (file: string, name: string): Promise<void> => {
    await store.put(file, name);
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
};
await writeDays(db, mortal, { logs, from: '2018-11-01', to: '2018-11-07', maxErrors: 0 });
