/**
 * A UDP socket at the address and port of its arguments. Lines on stdin:
 * "send HEX ADDRESS PORT" is answered with "sent", "got" with a JSON list of all that came in, in hex.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const [address = '', port = ''] = process.argv.slice(2);
const got: string[] = [];
const socket = createSocket('udp4');

socket.on('message', (message) => got.push(message.toString('hex')));
// An ICMP error is no reason to stop.
socket.on('error', () => undefined);
socket.bind(Number(port), address, () => {
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const [verb, hex = '', to, toPort] = line.split(' ');
      if (verb === 'got') console.log(JSON.stringify(got));
      else socket.send(Buffer.from(hex, 'hex'), Number(toPort), to, () => console.log('sent'));
    })
    .on('close', () => process.exit(0));
});
