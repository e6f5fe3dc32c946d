/** The near end of a numbered connection. Lines on stdin: "report" or "finish"; each is answered with its tally. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { ledgerEnd } from './ledger-end.ts';

const [host = '', port = ''] = process.argv.slice(2);
const socket = connect({ host, port: Number(port), allowHalfOpen: true });
const { tally, finish } = ledgerEnd(socket);
let local = '';

const report = (): void => console.log(JSON.stringify({ ...tally, local }));

socket.once('connect', () => {
  local = `${socket.localAddress ?? ''}:${socket.localPort ?? 0}`;
});
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line !== 'finish') {
      report();
      return;
    }
    if (!tally.open) report();
    else socket.once('close', report);
    finish();
  })
  .on('close', () => process.exit(0));
