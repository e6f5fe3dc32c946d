/** WebSockets whose messages are numbered from 1. A line on stdin is answered with what came in over all of them. */
import { createInterface } from 'node:readline';
import { WebSocketServer } from 'ws';

const tally = { received: 0, wrong: 0 };

new WebSocketServer({ port: Number(process.argv[2]), host: '::' }).on('connection', (socket) => {
  let last = 0;
  socket.on('message', (data: Buffer) => {
    last += 1;
    tally.received += 1;
    if (data.toString() !== String(last)) tally.wrong += 1;
    socket.send(String(last));
  });
  socket.on('error', () => undefined);
});
createInterface({ input: process.stdin })
  .on('line', () => console.log(JSON.stringify(tally)))
  .on('close', () => process.exit(0));
