/** Checks what EMR needs of the account before money is spent, and makes what the user has asked for. */
import { chmod, open } from 'node:fs/promises';
import { connectEmrAccount, type EmrAccount } from '../../connections/emr/account.js';
import {
  DEFAULT_JOB_FLOW_ROLE,
  DEFAULT_SERVICE_ROLE,
  type EmrClusterPlan,
} from '../../connections/emr/cluster-plan.js';
import { AirtempoError } from '../../core/errors.js';
import type { App } from '../app.js';
import { say } from '../output.js';
import { findAws, type EmrOptions } from './options.js';

export interface PrepareOptions {
  readonly createDefaultRoles?: boolean;
  /** A zone, or true for the first one. */
  readonly createDefaultSubnet?: string | boolean;
  /** File for the private key. */
  readonly createKeyPair?: string;
}

/** Returns the subnet that was made or found for the cluster. Throws INVALID_ARGUMENT for what is missing. */
export async function prepareAccount(
  app: App,
  options: EmrOptions & PrepareOptions,
  plan: EmrClusterPlan,
): Promise<string | undefined> {
  const account = connectEmrAccount(await findAws(app, options));
  try {
    await ensureRoles(account, options, plan);
    await ensureKeyPair(account, options, plan);
    return await ensureSubnet(account, options, plan);
  } finally {
    account.close();
  }
}

async function ensureRoles(
  account: EmrAccount,
  { createDefaultRoles }: PrepareOptions,
  { serviceRole, jobFlowRole }: EmrClusterPlan,
): Promise<void> {
  const found = await account.hasRoles(serviceRole, jobFlowRole);
  if (found.service && found.profile) return;
  const areDefault = serviceRole === DEFAULT_SERVICE_ROLE && jobFlowRole === DEFAULT_JOB_FLOW_ROLE;
  if (createDefaultRoles === true && areDefault) {
    await account.createDefaultRoles();
    return say(`Created the roles ${serviceRole} and ${jobFlowRole}.`);
  }
  const missing = [...(found.service ? [] : [serviceRole]), ...(found.profile ? [] : [jobFlowRole])].join(
    ' and ',
  );
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    areDefault
      ? `The account has no ${missing}, which EMR needs. Add --create-default-roles to create them, as "aws emr create-default-roles" does.`
      : `The account has no ${missing}. Correct --service-role and --job-flow-role.`,
  );
}

async function ensureKeyPair(
  account: EmrAccount,
  { createKeyPair: file }: PrepareOptions,
  { keyName }: EmrClusterPlan,
): Promise<void> {
  if (keyName === undefined) {
    if (file === undefined) return;
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      '--create-key-pair needs a name for the key pair: add --key.',
    );
  }
  if (await account.hasKeyPair(keyName)) return;
  if (file === undefined) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `There is no EC2 key pair "${keyName}". Add --create-key-pair ${keyName}.pem to create it, or correct --key.`,
    );
  }
  // opened first: AWS does not give the private key out a second time
  const target = await open(file, 'wx', 0o600).catch((cause: unknown) => {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${file} cannot be made: ${(cause as Error).message}. Name another file.`,
      {
        cause,
      },
    );
  });
  try {
    await target.writeFile(await account.createKeyPair(keyName));
  } finally {
    await target.close();
  }
  await chmod(file, 0o400); // what ssh asks for
  say(`Created the key pair ${keyName}; its private key is in ${file}.`);
}

async function ensureSubnet(
  account: EmrAccount,
  { createDefaultSubnet: zone }: PrepareOptions,
  { subnetId }: EmrClusterPlan,
): Promise<string | undefined> {
  if (zone !== undefined && zone !== false) {
    const made = await account.createDefaultSubnet(zone === true ? undefined : zone);
    say(`The default subnet of ${made.zone} is ${made.subnetId}.`);
    return made.subnetId;
  }
  const subnets = await account.listSubnets();
  if (subnetId !== undefined && subnets.some((subnet) => subnet.subnetId === subnetId)) return subnetId;
  if (subnetId === undefined && subnets.some(({ isDefault }) => isDefault)) return undefined;
  const known = subnets.map((subnet) => subnet.subnetId).join(', ');
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    subnetId === undefined
      ? `The region has no default subnet for the cluster. Name one with --subnet (${known === '' ? 'there are none' : known}), or add --create-default-subnet.`
      : `There is no subnet ${subnetId} in the region. ${known === '' ? 'It has none' : `It has ${known}`}: correct --subnet, or add --create-default-subnet.`,
  );
}
