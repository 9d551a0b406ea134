/** A TCP proxy that breaks connections off, or lets nothing through for a while. It does not look at the bytes. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  /** Resets every connection; how many there were. */
  cut(): number;
  /** Nothing gets through until `release`; connections are accepted meanwhile. */
  hold(): void;
  release(): void;
  stop(): Promise<void>;
}

/** Listens on `port` of loopback in front of `targetPort`. */
export async function startTcpProxy(port: number, targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let held = false;
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!held) from.resume();
    });
    from.on('end', () => to.end());
    from.on('error', () => undefined); // 'close' follows
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (held) from.pause();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    client.setNoDelay(true);
    target.setNoDelay(true);
    join(client, target);
    join(target, client);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): number => {
    const open = [...sockets];
    for (const socket of open) socket.resetAndDestroy();
    return open.length / 2;
  };
  return {
    cut,
    hold: () => {
      held = true;
      for (const socket of sockets) socket.pause();
    },
    release: () => {
      held = false;
      for (const socket of sockets) socket.resume();
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
