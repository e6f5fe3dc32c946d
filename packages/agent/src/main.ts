/** The agent's process: first the limits that a process only gets at its start, then everything else. */
import { keepCompiled } from './node/compile-cache.ts';
import { startAgain } from './node/start-again.ts';

startAgain();
keepCompiled(process.argv.slice(2));
const { main } = await import('./run.ts');
await main(process.env);
