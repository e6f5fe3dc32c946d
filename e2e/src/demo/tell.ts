import { SERVERS } from '../lab/addresses.ts';
import { fetchFrom, lookUp } from '../lab/probes.ts';
import { traces } from '../lab/traces.ts';
import type { Board, Finding } from './board.ts';
import { reported, unreported } from './events.ts';
import { all, explains, fails, goesOn, refuses, retriesOverTcp, serves, wasWhole } from './findings.ts';
import {
  auditedPolicy,
  edit,
  editedPolicy,
  enforce,
  openLedger,
  readPolicy,
  startWithoutPolicy,
} from '../lab/scenario.ts';
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

  board.section('The policy is tried first: examples/demo/shop.yaml with enforcementMode: Audit');
  namewall.write('shop.yaml', auditedPolicy());
  await board.check('it says which name it would refuse', () =>
    reported(world, 'audit query tried.forbidden.example', () => lookUp(shop, 'tried.forbidden.example')),
  );
  await board.check('… and which connection', () =>
    reported(world, `audit connection to TCP ${SERVERS.nameless.v4}`, () => fetchFrom(shop, SERVERS.nameless.v4)),
  );
  await board.check('… and refuses neither', () =>
    all(serves(shop, 'forbidden.example'), serves(shop, SERVERS.nameless.v4)),
  );
  await board.check('of what it allows it says nothing', () =>
    unreported(
      world,
      () => serves(shop, 'api.shop.example'),
      (label) => lookUp(shop, `${label}.forbidden.example`),
    ),
  );
  await board.check('the open connection goes on', () => goesOn(ledger));

  board.section('The policy is enforced');
  board.note(`in force after ${Math.round(await enforce(world))} ms`);
  await board.check('the open connection goes on', () => goesOn(ledger));
  await board.check('an allowed name works', () => serves(shop, 'api.shop.example'));
  await board.check('a chain of aliases works', () => serves(shop, 'www.shop.example'));
  await board.check('a wildcard works', () => serves(shop, `${randomLabel()}.wild.example`));
  await board.check('a forbidden name is refused by the kernel', () => refuses(shop, 'forbidden.example'));
  await board.check('… programs see it at once', () => fails(shop, 'forbidden.example', 'name refused'));
  await board.check('… and it is reported', () =>
    reported(world, 'REFUSED query seen.forbidden.example', () => lookUp(shop, 'seen.forbidden.example')),
  );
  await board.check('namewallctl explain tells beforehand', () =>
    explains(namewall, shop, 'untried.forbidden.example', 'denied'),
  );
  await board.check('a bare address is refused at once', () => fails(shop, SERVERS.nameless.v4, 'refused'));
  await board.check('… and explained', () => explains(namewall, shop, `${SERVERS.nameless.v4}:80`, 'denied'));
  await board.check('… as is what is allowed', () => explains(namewall, shop, 'api.shop.example:80', 'allowed'));
  await board.check('a pod that no policy selects is untouched', () =>
    all(serves(other, 'forbidden.example'), serves(other, SERVERS.nameless.v4)),
  );
  await board.check('IPv6: an allowed name works', () => serves(shop, 'api.shop.example', '-6'));
  await board.check('IPv6: a forbidden name is refused', () => refuses(shop, 'forbidden.example', 'AAAA'));
  await board.check('IPv6: a bare address is refused at once', () =>
    fails(shop, `[${SERVERS.nameless.v6}]`, 'refused', '-6'),
  );

  await board.check('an answer too large is asked for again over TCP', () =>
    retriesOverTcp(shop, 'large.wild.example'),
  );
  await board.check('TCP: a forbidden name is refused', () => refuses(shop, 'forbidden.example', 'A', '+tcp'));

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
  await board.check('… over TCP', () => refuses(shop, `${randomLabel()}.forbidden.example`, 'A', '+tcp'));
  await board.check('a bare address is refused', () => fails(shop, SERVERS.nameless.v4, 'refused'));
  await board.check('… and explained from the pins', () =>
    explains(namewall, shop, `${SERVERS.nameless.v4}:80`, 'denied'),
  );
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

const took = async (change: Promise<number>): Promise<Finding> => ({
  held: true,
  seen: `seen ${Math.round(await change)} ms after the file was written`,
});

const endings = ({ namewall: { operator, agent } }: World): Finding => ({
  held: operator?.exit?.signal === 'SIGKILL' && agent?.exit?.signal === 'SIGKILL',
  seen: `operator ${operator?.exit?.signal ?? 'runs'}, agent ${agent?.exit?.signal ?? 'runs'}`,
});
