/** Shows a page to whoever sits at a terminal. */
import { spawn } from 'node:child_process';

/** Opens a file or URL in the browser, when a person reads stdout. Best effort: say where it is as well. */
export function openInBrowser(place: string): void {
  if (!process.stdout.isTTY) return;
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(command, [place], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
