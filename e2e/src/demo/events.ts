import { readFileSync } from 'node:fs';
import type { LabProcess } from '../lab/lab-process.ts';
import { until } from '../lab/until.ts';
import { type World, randomLabel } from '../lab/world.ts';
import type { Finding } from './board.ts';

const linesOf = (watch: LabProcess): string[] => readFileSync(watch.log, 'utf8').split('\n').filter(Boolean);

/** Runs something while `namewallctl observe` watches. */
async function watching<T>({ lab, namewall }: World, work: (watch: LabProcess) => Promise<T>): Promise<T> {
  const watch = lab.startOnNode(`observe-${randomLabel()}`, namewall.ctl('observe'));
  try {
    return await work(watch);
  } finally {
    await watch.end('SIGKILL');
  }
}

/** What is done again and again appears as a line of `namewallctl observe` with this text. */
export function reported(world: World, text: string, act: () => Promise<unknown>): Promise<Finding> {
  return watching(world, async (watch) => {
    const line = await until(`a line of namewallctl observe with "${text}"`, async () => {
      await act();
      return linesOf(watch).find((one) => one.includes(text));
    });
    return { held: true, seen: line.trim() };
  });
}

/**
 * What is done appears as no refusal and no audited one, while a question that does shows that the watch is on.
 * It is asked before and after: events come in their order.
 */
export function unreported(
  world: World,
  act: () => Promise<Finding>,
  mark: (name: string) => Promise<unknown>,
): Promise<Finding> {
  return watching(world, async (watch) => {
    await until('the watch to be on', async () => {
      await mark('before');
      return linesOf(watch).some((line) => line.includes('before.'));
    });
    const { held, seen } = await act();
    await mark('after');
    await until('the last event', () => linesOf(watch).some((line) => line.includes('after.')));
    const others = linesOf(watch).filter((line) => / (audit|REFUSED) /.test(line) && !/ (before|after)\./.test(line));
    return { held: held && others.length === 0, seen: others[0]?.trim() ?? seen };
  });
}
