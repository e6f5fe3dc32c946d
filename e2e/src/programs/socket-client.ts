/**
 * A WebSocket that stays open. Lines on stdin: "exchange N" sends N numbered messages, each after the reply to the
 * one before; "report" only reports. Each is answered with the tally.
 */
import { createInterface } from 'node:readline';

const tally = { sent: 0, received: 0, wrong: 0, open: false };
const socket = new WebSocket(process.argv[2] ?? '');
const settled = Promise.withResolvers<void>();
let reply = Promise.withResolvers<void>();

socket.addEventListener('open', () => {
  tally.open = true;
  settled.resolve();
});
socket.addEventListener('close', () => {
  tally.open = false;
  settled.resolve();
  reply.resolve();
});
socket.addEventListener('error', () => undefined);
socket.addEventListener('message', ({ data }) => {
  tally.received += 1;
  if (data !== String(tally.received)) tally.wrong += 1;
  reply.resolve();
});

async function exchange(count: number): Promise<void> {
  await settled.promise;
  for (let i = 0; i < count && tally.open; i += 1) {
    reply = Promise.withResolvers();
    tally.sent += 1;
    socket.send(String(tally.sent));
    await reply.promise;
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [verb, count] = line.split(' ');
    void exchange(verb === 'exchange' ? Number(count) : 0).then(() => console.log(JSON.stringify(tally)));
  })
  .on('close', () => process.exit(0));
