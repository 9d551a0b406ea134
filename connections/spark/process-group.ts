/** Whether a process group lives, and a mark that tells a process from a later one with the same id. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether any process of the group lives. */
export function isGroupAlive(groupId: number): boolean {
  try {
    process.kill(-groupId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When the process was started, as the system writes it; undefined when it is gone. */
export async function readProcessMark(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const result = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
    return result?.stdout.trim() || undefined;
  }
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  // the program's name is in brackets and may hold anything: count the fields after the last one
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
