/** The ssh commands into a cluster, as the Sparkify projects have them. Pure. */

export interface TunnelCommand {
  readonly what: string;
  readonly command: string;
}

/** Where the browser finds the page at the tunnel's end. */
const LOCAL_PORT = 8157;

const PAGES = [
  ['Spark history server', 18_080],
  ['YARN ResourceManager', 8_088],
  ['Hadoop file system (releases 6 and 7: port 9870)', 50_070],
] as const;

/** The shell's commands: one that signs in, and a tunnel for each page. */
export function formatTunnelCommands(masterDns: string, keyFile: string): readonly TunnelCommand[] {
  const key = /^[\w./~+@-]+$/.test(keyFile) ? keyFile : `'${keyFile.replaceAll("'", String.raw`'\''`)}'`;
  const host = `hadoop@${masterDns}`;
  return [
    { what: 'sign in', command: `ssh -i ${key} ${host}` },
    ...PAGES.map(([what, port]) => ({
      what: `${what}, then http://localhost:${String(LOCAL_PORT)}`,
      command: `ssh -i ${key} -N -L ${String(LOCAL_PORT)}:${masterDns}:${String(port)} ${host}`,
    })),
  ];
}
