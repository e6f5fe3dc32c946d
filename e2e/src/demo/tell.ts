import { readFileSync } from 'node:fs';
import { SERVERS } from '../lab/addresses.ts';
import { traces } from '../lab/traces.ts';
import { until } from '../lab/until.ts';
import type { Board, Finding } from './board.ts';
import { all, fails, goesOn, refuses, serves, wasWhole } from './findings.ts';
import { edit, editedPolicy, enforce, openLedger, readPolicy, startWithoutPolicy } from '../lab/scenario.ts';
import { type World, freshName, randomLabel } from '../lab/world.ts';

/** The demo from its first check to its last. */
export async function tell(world: World, board: Board): Promise<void> {
  const { lab, namewall } = world;
  const shop = lab.pod('shop');
  const other = lab.pod('other');

  board.section('Operator and agent run, no policy yet');
  await startWithoutPolicy(world);
  await board.check('everything works', () =>
    all(serves(shop, 'api.shop.example'), serves(shop, 'forbidden.example'), serves(shop, SERVERS.nameless.v4)),
  );
  const ledger = await openLedger(world);
  board.note('shop opens a connection over which both ends number what they send; it stays open to the end');

  board.section('The policy arrives: examples/demo/shop.yaml');
  board.note(`in force after ${Math.round(await enforce(world))} ms`);
  await board.check('the open connection goes on', () => goesOn(ledger));
  await board.check('an allowed name works', () => serves(shop, 'api.shop.example'));
  await board.check('a chain of aliases works', () => serves(shop, 'www.shop.example'));
  await board.check('a wildcard works', () => serves(shop, `${randomLabel()}.wild.example`));
  await board.check('a forbidden name is refused by the kernel', () => refuses(shop, 'forbidden.example'));
  await board.check('… programs see it at once', () => fails(shop, 'forbidden.example', 'name refused'));
  await board.check('… and it is reported', () => observed(world));
  await board.check('a bare address is refused at once', () => fails(shop, SERVERS.nameless.v4, 'refused'));
  await board.check('a pod that no policy selects is untouched', () =>
    all(serves(other, 'forbidden.example'), serves(other, SERVERS.nameless.v4)),
  );
  await board.check('IPv6: an allowed name works', () => serves(shop, 'api.shop.example', '-6'));
  await board.check('IPv6: a forbidden name is refused', () => refuses(shop, 'forbidden.example', 'AAAA'));
  await board.check('IPv6: a bare address is refused at once', () =>
    fails(shop, `[${SERVERS.nameless.v6}]`, 'refused', '-6'),
  );

  board.section('The policy is edited while that connection lives');
  await board.check('before: one name is refused, another works', () =>
    all(refuses(shop, 'added.shop.example'), serves(shop, 'removed.shop.example')),
  );
  await board.check('after: the other way round', () =>
    took(edit(world, editedPolicy(), 'added.shop.example', 'removed.shop.example')),
  );
  await board.check('the open connection goes on', () => goesOn(ledger));

  board.section('Operator and agent are killed with SIGKILL');
  await namewall.kill();
  await board.check('neither runs', () => Promise.resolve(endings(world)));
  await board.check('a name never asked before, at an address never met', () => serves(shop, freshName()));
  await board.check('… over IPv6', () => serves(shop, `${randomLabel()}.wild.example`, '-6'));
  await board.check('a forbidden name never asked before is refused', () =>
    refuses(shop, `${randomLabel()}.forbidden.example`),
  );
  await board.check('a bare address is refused', () => fails(shop, SERVERS.nameless.v4, 'refused'));
  await board.check('the open connection goes on', () => goesOn(ledger));

  board.section('They come back');
  namewall.startOperator();
  namewall.startAgent();
  await board.check('edits take effect again', () =>
    took(edit(world, readPolicy(), 'removed.shop.example', 'added.shop.example')),
  );
  await board.check('a forbidden name is still refused', () => refuses(shop, `${randomLabel()}.forbidden.example`));
  await board.check('the connection was never interrupted', () => wasWhole(ledger));

  board.section('Namewall is taken away: namewallctl detach --all');
  await Promise.all([namewall.operator?.end(), namewall.agent?.end()]);
  await board.check('it says what it removed', async () => {
    const { code, stdout, stderr } = await namewall.runCtl('detach', '--all');
    return { held: code === 0, seen: (stdout || stderr).trim().split('\n').at(-1) ?? '' };
  });
  await board.check('no program on any interface, no pin', async () => {
    const left = await traces(lab);
    return { held: left.length === 0, seen: left.length ? left.slice(0, 4).join(', ') : 'nothing left' };
  });
  await board.check('everything works', () =>
    all(serves(shop, 'forbidden.example'), serves(shop, SERVERS.nameless.v4)),
  );
}

/** A refusal that happens while `namewallctl observe` watches appears in its output, with the name. */
async function observed({ lab, namewall }: World): Promise<Finding> {
  const watch = lab.startOnNode('observe', namewall.ctl('observe'));
  try {
    const line = await until('a line of namewallctl observe', async () => {
      await refuses(lab.pod('shop'), 'seen.forbidden.example');
      return readFileSync(watch.log, 'utf8')
        .split('\n')
        .find((text) => text.includes('seen.forbidden.example'));
    });
    return { held: true, seen: line.trim() };
  } finally {
    await watch.end('SIGKILL');
  }
}

const took = async (change: Promise<number>): Promise<Finding> => ({
  held: true,
  seen: `seen ${Math.round(await change)} ms after the file was written`,
});

const endings = ({ namewall: { operator, agent } }: World): Finding => ({
  held: operator?.exit?.signal === 'SIGKILL' && agent?.exit?.signal === 'SIGKILL',
  seen: `operator ${operator?.exit?.signal ?? 'runs'}, agent ${agent?.exit?.signal ?? 'runs'}`,
});
