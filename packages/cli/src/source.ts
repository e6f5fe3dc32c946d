/** The agent where it answers, else the pins. */
import { DatapathError, PinnedDatapath } from '@namewall/datapath';
import { ObserverClient, ProtocolError } from '@namewall/protocol';
import { CliError } from './errors.ts';
import { type GlobalOptions, type Io, NO_AGENT, OLD_AGENT } from './io.ts';

function connect({ socket }: GlobalOptions): ObserverClient {
  return new ObserverClient(socket.startsWith('unix:') ? socket : `unix:${socket}`);
}

const isUnavailable = (error: unknown): boolean => error instanceof ProtocolError && error.code === 'UNAVAILABLE';
const isOld = (error: unknown): boolean => error instanceof ProtocolError && error.code === 'OLD_AGENT';

/** @throws CliError naming both when neither agent nor pins are there. */
function openPins({ pinRoot, socket }: GlobalOptions): PinnedDatapath {
  try {
    return PinnedDatapath.openPinned(pinRoot);
  } catch (cause) {
    if (!(cause instanceof DatapathError) || cause.code !== 'NOT_PINNED') throw cause;
    const message = `no agent answers at ${socket} and nothing is pinned at ${pinRoot}`;
    throw new CliError(message, 'start the agent, or give --socket and --pin-root', 1, { cause });
  }
}

/** Asks the agent; with no agent says so on stderr and asks the pins. */
export async function agentOrPins<T>(
  options: GlobalOptions,
  io: Io,
  fromAgent: (client: ObserverClient) => Promise<T>,
  fromPins: (pins: PinnedDatapath) => T,
): Promise<T> {
  using client = connect(options);
  let notice = NO_AGENT;
  try {
    return await fromAgent(client);
  } catch (error) {
    if (isOld(error)) notice = OLD_AGENT;
    else if (!isUnavailable(error)) throw error;
  }
  using pins = openPins(options);
  io.err(`${notice}\n`);
  return fromPins(pins);
}

/** For what only the agent can tell. */
export async function agentOnly<T>(
  options: GlobalOptions,
  fromAgent: (client: ObserverClient) => Promise<T>,
): Promise<T> {
  using client = connect(options);
  try {
    return await fromAgent(client);
  } catch (cause) {
    if (!isUnavailable(cause)) throw cause;
    throw new CliError(`no agent answers at ${options.socket}`, 'start the agent, or give --socket', 1, { cause });
  }
}
