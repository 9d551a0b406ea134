/** The text of the DAG files that are measured. */

const HEAD = `import { cron, dag, operator } from 'airtempo';
const noop = operator('noop', () => Promise.resolve(null));
`;

/** As many chains as a large run has beside one another, on both sides. */
export const LANES = 50;

/** One DAG of about `tasks` tasks: chains beside one another. */
export function lanesFile(tasks: number): string {
  return `${HEAD}
export default dag('lanes', { maxActiveTasks: ${String(LANES)} }, ({ task }) => {
  for (let lane = 0; lane < ${String(LANES)}; lane += 1) {
    let last;
    for (let index = 0; index < ${String(Math.round(tasks / LANES))}; index += 1) {
      const next = task('t' + lane + '_' + index, noop, {});
      last = last === undefined ? next : last.then(next);
    }
  }
});
`;
}

/** A DAG that is a chain; with a cron, one that has its first run in a week. */
export function chainFile(id: string, length: number, schedule?: string): string {
  const inAWeek = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  const options = schedule === undefined ? '' : `schedule: cron('${schedule}'), startDate: '${inAWeek}'`;
  return `${HEAD}
export default dag('${id}', { ${options} }, ({ task }) => {
  let last;
  for (let index = 0; index < ${String(length)}; index += 1) {
    const next = task('t' + index, noop, {});
    last = last === undefined ? next : last.then(next);
  }
});
`;
}
