import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { ProtocolError } from '../errors.ts';

/** sun_path, a terminator included. */
const PATH_OCTETS = 108;
const SOCKET_MODE = 0o600;

/** @returns the path of `unix:/path`. */
export function socketPath(address: string): string {
  const path = address.startsWith('unix:/') ? address.slice('unix:'.length) : undefined;
  if (path === undefined) {
    throw new ProtocolError('BAD_ADDRESS', `address ${address}: is not a Unix socket; write unix:/absolute/path`);
  }
  if (Buffer.byteLength(path) >= PATH_OCTETS) {
    throw new ProtocolError('BAD_ADDRESS', `address ${address}: is over ${PATH_OCTETS - 1} octets; use a shorter path`);
  }
  return path;
}

/**
 * Binds a server to a Unix socket that only its owner can open. A socket file that nobody answers on is
 * replaced.
 * @throws ProtocolError ADDRESS_IN_USE, NOT_A_SOCKET, BAD_ADDRESS.
 */
export async function listenUnix(server: Server, address: string): Promise<void> {
  const path = socketPath(address);
  await removeStale(path);
  // The socket must not be open to others for an instant: the mask holds until it is bound.
  const mask = process.umask(0o777 & ~SOCKET_MODE);
  try {
    await bind(server, address);
  } finally {
    process.umask(mask);
  }
  await chmod(path, SOCKET_MODE);
}

async function bind(server: Server, address: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
    if (error === null) return resolve();
    const fix = 'see that its folder exists and is writable';
    return reject(new ProtocolError('BAD_ADDRESS', `address ${address}: ${error.message}; ${fix}`, { cause: error }));
  });
  await promise;
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new ProtocolError('NOT_A_SOCKET', `${path}: is not a socket; remove it or choose another path`);
  }
  if (await answers(path)) {
    throw new ProtocolError(
      'ADDRESS_IN_USE',
      `${path}: another process answers on it; stop that one or choose another path`,
    );
  }
  // Not one that somebody bound since we looked.
  const now = await lstat(path).catch(() => undefined);
  if (now?.ino === found.ino) await unlink(path);
}

async function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(true));
  // EAGAIN: somebody listens, with a full backlog.
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
