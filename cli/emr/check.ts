/** `airtempo emr check`: what EMR needs of the account, and what of it is there. Changes nothing. */
import type { Command } from 'commander';
import type { EmrAccount } from '../../connections/emr/account.js';
import { DEFAULT_JOB_FLOW_ROLE, DEFAULT_SERVICE_ROLE } from '../../connections/emr/cluster-plan.js';
import type { App } from '../app.js';
import { formatTable, print, printJson } from '../output.js';
import { addEmrOptions, findAws, type EmrOptions } from './options.js';

interface CheckOptions extends EmrOptions {
  readonly key?: string;
  readonly subnet?: string;
  readonly serviceRole: string;
  readonly jobFlowRole: string;
}

/** One thing that is needed. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What to do about it; or what was found. */
  readonly note: string;
}

/** Adds the command to the group. */
export function addCheck(group: Command, app: App): void {
  addEmrOptions(group.command('check'))
    .description(
      'check the roles, the subnet and the key pair that a cluster needs; exit code 1 if one is missing',
    )
    .option('--key <name>', 'EC2 key pair')
    .option('--subnet <subnetId>', 'subnet (default: any default subnet)')
    .option('--service-role <role>', 'role of EMR itself', DEFAULT_SERVICE_ROLE)
    .option('--job-flow-role <profile>', 'instance profile of the nodes', DEFAULT_JOB_FLOW_ROLE)
    .addHelpText('after', '\nExample:\n  airtempo emr check --key my-key --subnet subnet-0123abcd')
    .action((options: CheckOptions) => check(app, options));
}

async function check(app: App, options: CheckOptions): Promise<void> {
  const { connectEmrAccount } = await import('../../connections/emr/account.js');
  const account = connectEmrAccount(await findAws(app, options));
  try {
    const findings = [
      ...(await checkRoles(account, options)),
      await checkSubnet(account, options),
      ...(await checkKey(account, options)),
    ];
    if (options.json === true) printJson(findings);
    else
      print(
        formatTable(
          ['needed', '', ''],
          findings.map(({ what, ok, note }) => [what, ok ? '✔' : '✘', note]),
        ),
      );
    if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
  } finally {
    account.close();
  }
}

async function checkRoles(account: EmrAccount, options: CheckOptions): Promise<readonly Finding[]> {
  const found = await account.hasRoles(options.serviceRole, options.jobFlowRole);
  const fix = 'airtempo emr up --create-default-roles creates it';
  return [
    { what: `role ${options.serviceRole}`, ok: found.service, note: found.service ? '' : fix },
    { what: `instance profile ${options.jobFlowRole}`, ok: found.profile, note: found.profile ? '' : fix },
  ];
}

async function checkSubnet(account: EmrAccount, { subnet }: CheckOptions): Promise<Finding> {
  const subnets = await account.listSubnets();
  const found = subnets.find(({ subnetId, isDefault }) =>
    subnet === undefined ? isDefault : subnetId === subnet,
  );
  return {
    what: subnet === undefined ? 'a default subnet' : `subnet ${subnet}`,
    ok: found !== undefined,
    note:
      found === undefined
        ? 'airtempo emr up --create-default-subnet creates one'
        : `${found.subnetId} in ${found.zone}`,
  };
}

async function checkKey(account: EmrAccount, { key }: CheckOptions): Promise<readonly Finding[]> {
  if (key === undefined) return [];
  const ok = await account.hasKeyPair(key);
  const note = ok ? '' : `airtempo emr up --key ${key} --create-key-pair ${key}.pem creates it`;
  return [{ what: `key pair ${key}`, ok, note }];
}
