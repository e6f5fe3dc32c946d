/**
 * Looks up names at the resolver, then connects to addresses; prints what became of each as a JSON list of texts.
 * Arguments: the resolver's address, names and addresses.
 */
import { Resolver } from 'node:dns/promises';
import { connect, isIP } from 'node:net';

const [server = '', ...targets] = process.argv.slice(2);
const resolver = new Resolver({ timeout: 30_000, tries: 1 });
resolver.setServers([server]);

const code = (error: unknown): string => String(error instanceof Error && 'code' in error ? error.code : error);

async function attempt(target: string): Promise<string> {
  if (isIP(target) === 0) {
    return resolver.resolve4(target).then((addresses) => addresses.join(), code);
  }
  return new Promise((done) => {
    const socket = connect({ host: target, port: 443, timeout: 30_000 });
    const end = (text: string): void => {
      socket.destroy();
      done(text);
    };
    socket.once('connect', () => end('open'));
    socket.once('timeout', () => end('timeout'));
    socket.once('error', (error) => end(code(error)));
  });
}

const outcomes: string[] = [];
for (const target of targets) outcomes.push(await attempt(target));
process.stdout.write(JSON.stringify(outcomes));
