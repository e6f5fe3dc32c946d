/** A Unix socket that leads to a TCP port of this network namespace: unix-door.ts SOCKET ADDRESS PORT */
import { connect, createServer } from 'node:net';

const [socket, host, port] = process.argv.slice(2);

createServer((near) => {
  const far = connect({ host, port: Number(port) });
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.pipe(to);
    from.once('error', () => to.destroy());
    from.once('close', () => to.destroy());
  }
}).listen(socket);
