/** Asks once for a name: `lookup NAME` by dns.lookup, `resolve NAME` by dns.resolve, which is c-ares. */
import { lookup, resolve } from 'node:dns/promises';

const [how, name = ''] = process.argv.slice(2);
const began = performance.now();

async function ask(): Promise<string[]> {
  if (how === 'resolve') return resolve(name);
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

const text = await ask().then(
  (addresses) => `found ${addresses.join(' ')}`,
  (error: unknown) => `failed ${error instanceof Error ? error.message : String(error)}`,
);
console.log(`${(performance.now() - began).toFixed(1)} ${text}`);
