/**
 * Ports for the services and for the proxies in front of them. They lie below those that the system gives to outgoing connections: else a
 * client that keeps trying a server that is down takes its port in the end, or reaches itself.
 */
import getPort, { portNumbers } from 'get-port';

const LOWEST = 20_000;
const HIGHEST = 32_000;
const OF_EACH_PROCESS = 100;

/** Returns free ports, each once. */
export function createPortChooser(): () => Promise<number> {
  const first = LOWEST + ((process.pid * OF_EACH_PROCESS) % (HIGHEST - LOWEST));
  const exclude: number[] = [];
  return async () => {
    const port = await getPort({ port: portNumbers(first, HIGHEST + OF_EACH_PROCESS), exclude });
    exclude.push(port);
    return port;
  };
}
