/**
 * Which system user Postgres runs as. It refuses root, so a stack started by root hands it to a powerless account
 * and gives that account its data folder. Nothing on the system is created or changed for it.
 */

import { chmod, chown, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../core/errors.js';

/** The user to run as; undefined means the one we are. */
export interface PostgresAccount {
  readonly uid: number;
  readonly gid: number;
}

/** Creates the data folder, private to the account that Postgres will run as, and returns that account. */
export async function ensureDataFolder(folder: string): Promise<PostgresAccount | undefined> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, gid } = await stat(folder);
  if (process.getuid?.() !== 0) {
    if (uid === process.getuid?.()) return undefined;
    throw new AirtempoError(
      'ACCESS_DENIED',
      `${folder} belongs to user id ${uid}, because the stack was last started by another user (root, perhaps). ` +
        'Start it as that user again, or give the folder to this user with chown -R.',
    );
  }
  // A folder that an ordinary user made stays that user's: Postgres then runs as that user.
  if (uid !== 0) return { uid, gid };
  const account = await findPowerlessAccount();
  await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o700);
  return account;
}

/** `nobody`, as this system numbers it. initdb wants an account that has a name. */
async function findPowerlessAccount(): Promise<PostgresAccount> {
  // macOS keeps its accounts elsewhere, and its nobody is -2.
  if (process.platform === 'darwin') return { uid: 4_294_967_294, gid: 4_294_967_294 };
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const match = /^nobody:[^:]*:(\d+):(\d+):/m.exec(text);
  return match ? { uid: Number(match[1]), gid: Number(match[2]) } : { uid: 65_534, gid: 65_534 };
}

/** Whether that account may enter `folder` itself and everything above it, judged by the permission bits. */
export async function canReach(folder: string, account: PostgresAccount): Promise<boolean> {
  for (let current = path.resolve(folder); ; current = path.dirname(current)) {
    const { mode, uid, gid } = await stat(current);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}
