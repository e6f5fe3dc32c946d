/**
 * A connection to the address and port of its arguments that carries DNS messages. Lines on stdin: "send HEX" writes
 * octets at once and is answered with "sent"; "got" with JSON: how the connection stands and the messages so far, in hex.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const [address = '', port = ''] = process.argv.slice(2);
let state = 'opening';
let octets = Buffer.alloc(0);
const got: string[] = [];
const socket = connect({ host: address, port: Number(port), noDelay: true });

socket.on('connect', () => (state = 'open'));
socket.on('end', () => (state = 'ended'));
socket.on('error', (error) => (state = 'code' in error ? String(error.code) : error.message));
socket.on('data', (chunk: Buffer) => {
  octets = Buffer.concat([octets, chunk]);
  while (octets.length >= 2 && octets.length >= 2 + octets.readUInt16BE(0)) {
    const end = 2 + octets.readUInt16BE(0);
    got.push(octets.subarray(2, end).toString('hex'));
    octets = octets.subarray(end);
  }
});
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [verb, hex = ''] = line.split(' ');
    if (verb === 'got') console.log(JSON.stringify({ state, port: socket.localPort ?? 0, got }));
    else socket.write(Buffer.from(hex, 'hex'), () => console.log('sent'));
  })
  .on('close', () => process.exit(0));
