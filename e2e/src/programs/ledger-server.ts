/** The far ends of numbered connections. A line on stdin is answered with {"address:port": tally, …}. */
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { type Tally, ledgerEnd } from './ledger-end.ts';

const tallies: Record<string, Tally> = {};

const server = createServer({ allowHalfOpen: true }, (socket) => {
  const remote = `${(socket.remoteAddress ?? '').replace(/^::ffff:/, '')}:${socket.remotePort ?? 0}`;
  tallies[remote] = ledgerEnd(socket).tally;
});
server.listen(Number(process.argv[2]), '::');
createInterface({ input: process.stdin })
  .on('line', () => console.log(JSON.stringify(tallies)))
  .on('close', () => process.exit(0));
