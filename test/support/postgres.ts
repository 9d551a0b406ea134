/** A Postgres of a suite's own. */
import { startKillableService, type KillableService } from './killable-service.js';

export type TestPostgres = KillableService;

/** Starts a server with an empty database. */
export const startTestPostgres = (): Promise<TestPostgres> => startKillableService('postgres');
