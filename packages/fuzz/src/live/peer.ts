/**
 * One end of a TCP connection: `peer.ts listen|connect ADDRESS PORT`. Lines on stdin, each answered by one line:
 * `open` ends the connection and waits for the next one; `write HEX …` writes pieces, each by itself; `read N` gives
 * what came, as hex, once there are so many octets, or "closed" or "stalled" with what there is.
 */
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const PATIENCE = 10_000;
const [role = '', address = '', port = ''] = process.argv.slice(2);

let socket: Socket | undefined;
let got = Buffer.alloc(0);
let closed = false;
let look = (): void => undefined;
const accepted: Socket[] = [];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
let accept = (): void => undefined;

function take(taken: Socket): void {
  socket = taken;
  got = Buffer.alloc(0);
  closed = false;
  taken.setNoDelay();
  taken.on('data', (chunk: Buffer) => {
    if (taken !== socket) return;
    got = Buffer.concat([got, chunk]);
    look();
  });
  taken.on('error', () => undefined);
  taken.on('close', () => {
    if (taken !== socket) return;
    closed = true;
    look();
  });
}

async function next(): Promise<Socket> {
  if (role === 'connect') {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const opening = connect({ host: address, port: Number(port) }, () => {
      resolve(opening);
    });
    opening.once('error', reject);
    return promise;
  }
  for (;;) {
    const one = accepted.shift();
    if (one) return one;
    await new Promise<void>((resolve) => (accept = resolve));
  }
}

async function open(): Promise<string> {
  socket?.resetAndDestroy();
  take(await next());
  return 'open';
}

async function write(pieces: readonly string[]): Promise<string> {
  for (const piece of pieces) {
    await new Promise<void>((resolve) => {
      socket?.write(Buffer.from(piece, 'hex'), () => {
        resolve();
      });
    });
  }
  return 'written';
}

/** Whether there are so many octets, or the connection has ended; false when nothing of that comes about. */
async function there(count: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => {
    resolve(false);
  }, PATIENCE);
  look = () => {
    if (got.length >= count || closed) resolve(true);
  };
  look();
  const came = await promise;
  clearTimeout(timer);
  return came;
}

async function read(count: number): Promise<string> {
  const came = await there(count);
  const octets = got.subarray(0, count);
  got = got.subarray(count);
  return `${octets.length === count ? 'whole' : came ? 'closed' : 'stalled'} ${octets.toString('hex')}`;
}

if (role === 'listen') {
  const server = createServer((one) => {
    accepted.push(one);
    accept();
  });
  await new Promise<void>((resolve) => {
    server.listen(Number(port), address, resolve);
  });
}
say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...rest] = line.split(' ');
  say(verb === 'open' ? await open() : verb === 'write' ? await write(rest) : await read(Number(rest[0])));
}
process.exit(0);
