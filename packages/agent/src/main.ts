/** The agent's process: first the limits that a process only gets at its start, then everything else. */
import { becomeSmall } from './node/small-process.ts';

becomeSmall();
const { main } = await import('./run.ts');
await main();
