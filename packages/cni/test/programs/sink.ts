/** Counts datagrams; says how many at each line that it reads. */
import { createSocket } from 'node:dgram';

const [address = '', port = ''] = process.argv.slice(2);
let seen = 0;
const socket = createSocket('udp4');
socket.on('message', () => seen++);
socket.bind(Number(port), address, () => process.stdout.write('ready\n'));
process.stdin.on('data', () => process.stdout.write(`${seen}\n`));
process.stdin.once('end', () => socket.close());
