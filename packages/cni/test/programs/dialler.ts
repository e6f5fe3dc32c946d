/** As a container's first process: ready, blocked until it is told to go, then it sends numbered datagrams at once. */
import { createSocket } from 'node:dgram';

const [address = '', port = '', count = ''] = process.argv.slice(2);
const socket = createSocket('udp4');
// A refusal (ICMP) is an error of the next send.
socket.on('error', () => undefined);
process.stdin.once('data', () => {
  let left = Number(count);
  for (let n = 0; n < Number(count); n++) {
    socket.send(String(n), Number(port), address, () => {
      if (--left > 0) return;
      socket.close();
      process.stdout.write('sent\n');
      process.stdin.destroy();
    });
  }
});
process.stdout.write('ready\n');
