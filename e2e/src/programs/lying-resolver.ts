/** Answers over TCP, at the address and port of its arguments, each question with one A record: the third argument. */
import { createServer } from 'node:net';

const [address = '', port = '', forged = ''] = process.argv.slice(2);
const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, ...forged.split('.').map(Number)]);

createServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    const question = chunk.subarray(2);
    const answer = Buffer.concat([question, record]);
    answer.writeUInt16BE(0x8180, 2);
    answer.writeUInt16BE(1, 6);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(answer.length);
    socket.write(Buffer.concat([length, answer]));
  });
}).listen(Number(port), address);
