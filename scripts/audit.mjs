/**
 * Fails when a dependency has a finding of high or critical severity that a newer version mends. A registry that answers no
 * audits, as a mirror may not, is told, and is no failure.
 */
import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', maxBuffer: 2 ** 26 });
const report = parse(stdout);
if (report?.vulnerabilities === undefined) {
  console.error(`npm audit: not checked, the registry gave no answer (${report?.message ?? 'no JSON'})`);
} else {
  const findings = Object.values(report.vulnerabilities).filter(
    ({ severity, fixAvailable }) => ['high', 'critical'].includes(severity) && fixAvailable !== false,
  );
  for (const { name, severity, range } of findings)
    console.error(`${name} ${range}: ${severity}, and there is a fix`);
  if (findings.length > 0) process.exitCode = 1;
  else console.error('npm audit: no high finding that has a fix');
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
