/**
 * What is at the far end, at the address of its argument: a name server that answers every question with one A record,
 * that address, and a server on port 443. Says "ready" when both listen.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const [address = ''] = process.argv.slice(2);
const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, ...address.split('.').map(Number)]);

const names = createSocket('udp4');
names.on('message', (question, from) => {
  // The header, the name up to its root label, type and class; no OPT.
  const answer = Buffer.concat([question.subarray(0, question.indexOf(0, 12) + 5), record]);
  answer.set([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 2);
  names.send(answer, from.port, from.address);
});
names.bind(53, address);
const server = createServer((socket) => socket.end()).listen(443, address);
await Promise.all([once(names, 'listening'), once(server, 'listening')]);
process.stdout.write('ready');
