/** Every file of `core/` is loaded here, so that the coverage also counts one that no test imports. */
import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const files = readdirSync(new URL('../../core/', import.meta.url));

test.each(files)('core/%s loads', async (file) => {
  await expect(import(`../../core/${file}`)).resolves.toBeDefined();
});
