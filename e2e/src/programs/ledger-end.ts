import type { Socket } from 'node:net';

/** What one end of a numbered connection has seen. */
export interface Tally {
  sent: number;
  received: number;
  /** Numbers that were not one above their predecessor. */
  wrong: number;
  open: boolean;
  error?: string;
}

/** Milliseconds between two numbers. */
const INTERVAL = 5;

/**
 * One end: sends 1, 2, 3, … as four octets each and checks that the other end does.
 * The returned `finish` sends nothing more and closes its half; the other end then does the same.
 */
export function ledgerEnd(socket: Socket): { tally: Tally; finish: () => void } {
  const tally: Tally = { sent: 0, received: 0, wrong: 0, open: true };
  let rest = Buffer.alloc(0);
  const timer = setInterval(() => {
    const number = Buffer.alloc(4);
    tally.sent += 1;
    number.writeUInt32BE(tally.sent);
    socket.write(number);
  }, INTERVAL);
  const finish = (): void => {
    clearInterval(timer);
    socket.end();
  };
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (; rest.length >= 4; rest = rest.subarray(4)) {
      tally.received += 1;
      if (rest.readUInt32BE(0) !== tally.received) tally.wrong += 1;
    }
  });
  socket.on('end', finish);
  socket.on('error', (error) => {
    tally.error = error.message;
  });
  socket.on('close', () => {
    clearInterval(timer);
    tally.open = false;
  });
  return { tally, finish };
}
