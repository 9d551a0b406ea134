// Takes a picture of a run's page in the Temporal Web UI, for the README.
// Usage: node scripts/ui-picture.mjs URL FILE.png   (needs Chromium: $CHROMIUM, or chromium on PATH)
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';

const [url, file] = process.argv.slice(2);
if (url === undefined || file === undefined) {
  process.stderr.write('usage: node scripts/ui-picture.mjs URL FILE.png\n');
  process.exit(2);
}

function findChromium() {
  if (process.env.CHROMIUM !== undefined) return process.env.CHROMIUM;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // the next one
    }
  }
  throw new Error('Chromium was not found. Install it, or set CHROMIUM to its path.');
}

const browser = await chromium.launch({
  executablePath: findChromium(),
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, deviceScaleFactor: 1 });
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.getByText('Descending').click(); // tasks in the order in which they ran
  await page.waitForTimeout(1500); // the timeline is drawn in steps, with no event that says it is finished
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}
