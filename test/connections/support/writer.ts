/**
 * A process of its own that writes to a store until it is done or killed; prints a line per write.
 * Arguments: store file, key file, prefix of the ids, number of writes (0: one id, for ever).
 */
import { createEncryptedFileStore, parseConnection } from '../../../connections/index.js';

const [path = '', keyPath = '', prefix = '', count = '0'] = process.argv.slice(2);
const store = createEncryptedFileStore({ path, keyPath });
const endless = count === '0';

for (let turn = 0; endless || turn < Number(count); turn += 1) {
  const id = endless ? prefix : `${prefix}_${turn}`;
  const extra = { turn, filler: 'x'.repeat(endless ? 60_000 : 10) };
  await store.put([parseConnection(id, JSON.stringify({ conn_type: 's3', extra }))], { overwrite: true });
  process.stdout.write(`${turn}\n`);
}
