/** The two connections that the shipped DAGs use, with everything that need not be asked. */
import type { ConnectionType } from '../../core/connection.js';

/** Defaults and questions for a well-known connection id. */
export interface ConnectionPreset {
  readonly type: ConnectionType;
  readonly schema?: string;
  readonly login?: string;
  readonly port?: string;
  /** The field that must be given besides the password, and how to ask for it. */
  readonly required: { readonly field: 'login' | 'host'; readonly question: string };
  readonly passwordQuestion: string;
}

/** Presets by connection id; flags override their values. */
export const CONNECTION_PRESETS: ReadonlyMap<string, ConnectionPreset> = new Map<string, ConnectionPreset>([
  [
    'aws_credentials',
    {
      type: 'aws',
      required: { field: 'login', question: 'Access key ID (empty: the default credential chain)' },
      passwordQuestion: 'Secret access key',
    },
  ],
  [
    'redshift',
    {
      type: 'redshift',
      schema: 'dev',
      login: 'awsuser',
      port: '5439',
      required: { field: 'host', question: 'Host (the endpoint of the cluster, without the port)' },
      passwordQuestion: 'Password of the Redshift user',
    },
  ],
]);
