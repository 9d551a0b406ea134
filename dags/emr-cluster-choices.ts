/** The choices about an EMR cluster as params of a DAG, and as arguments of the task that creates it. Defines no DAG. */
import { clusterChoiceFields } from '../activities/create-emr-cluster.js';
import type { CreateEmrClusterArgs } from '../activities/create-emr-cluster.js';

const { name: _, ...fields } = clusterChoiceFields;

/** Params: everything but the cluster's name, which is each DAG's own business. */
export const clusterParams = fields;

type Choices = Omit<CreateEmrClusterArgs, 'connId' | 'name' | 'ifAbsent'>;
type Run = { readonly params: Choices };

/** The same as arguments: what a param leaves out, the preset decides. */
export const clusterArgs: { readonly [Key in keyof Choices]-?: (run: Run) => Choices[Key] } = {
  preset: ({ params }) => params.preset,
  release: ({ params }) => params.release,
  instanceType: ({ params }) => params.instanceType,
  instanceCount: ({ params }) => params.instanceCount,
  applications: ({ params }) => params.applications,
  subnetId: ({ params }) => params.subnetId,
  keyName: ({ params }) => params.keyName,
  logUri: ({ params }) => params.logUri,
  serviceRole: ({ params }) => params.serviceRole,
  jobFlowRole: ({ params }) => params.jobFlowRole,
  securityConfiguration: ({ params }) => params.securityConfiguration,
  idleTimeoutSeconds: ({ params }) => params.idleTimeoutSeconds,
};
