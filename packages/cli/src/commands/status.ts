import { type PinnedDatapath, mapFill, outlivingFlows } from '@namewall/datapath';
import { reasonMeaning } from '@namewall/explain';
import { type StatusResponse, type StatusResponseInput } from '@namewall/protocol';
import type { GlobalOptions, Io, OutputOptions } from '../io.ts';
import { pinnedCounts } from '../pins.ts';
import { renderFields, renderTable } from '../render/table.ts';
import { formatBytes, formatSpan, toJson } from '../render/text.ts';
import { agentOrPins } from '../source.ts';

const SWITCH = ['on', 'audit', 'off'];
const CONNECTION = ['unknown', 'connecting', 'syncing', 'synced', 'waiting', 'stopped'];
const BY_HAND = ', by hand: "namewallctl node on" ends it';
const NS_PER_MS = 1_000_000n;

function pinnedStatus(pins: PinnedDatapath): StatusResponseInput {
  const { config, maps } = pins;
  const sweeper = maps.sweeper.get(0);
  const counts = pinnedCounts(pins);
  return {
    agentVersion: '',
    nodeSwitch: config.nodeSwitch as 0 | 1 | 2,
    counts,
    maps: mapFill(pins).map((fill) => ({
      ...fill,
      entries: BigInt(fill.entries),
      maxEntries: BigInt(fill.maxEntries),
      bytes: BigInt(fill.bytes),
    })),
    sweeper: {
      running: (sweeper?.runs ?? 0n) > 0n,
      lastRunMs: sweeper === undefined ? 0n : (pins.now() - sweeper.last) / NS_PER_MS,
      swept: counts.filter(({ reason }) => reason.startsWith('SWEPT_')).reduce((sum, { count }) => sum + count, 0n),
    },
    endpoints: [...maps.pods.keys()].length,
    rulesets: [...maps.rulesetIds.keys()].length,
    selectors: [...maps.identities.keys()].length,
    namesVersion: config.namesVersion,
    ...outlivingFlows(pins),
  };
}

type Shown = StatusResponse | StatusResponseInput;

function operatorLine({ operator }: Shown): string {
  if (operator === undefined || operator === null) return 'unknown';
  const { address, phase, sinceMs, lastError } = operator;
  const error = lastError ? `, last error: ${lastError}` : '';
  return `${CONNECTION[phase ?? 0] ?? '?'} for ${formatSpan(sinceMs ?? 0n)} (${address})${error}`;
}

export function renderStatus(shown: Shown): string {
  const { sweeper } = shown;
  const running =
    sweeper?.running === true
      ? `ran ${formatSpan(sweeper.lastRunMs ?? 0n)} ago, ${sweeper.swept} entries swept`
      : 'not running';
  const fields: [string, string][] = [
    [
      'agent',
      shown.agentVersion
        ? `${shown.agentVersion}, up ${formatSpan(shown.uptimeMs ?? 0n)}, node ${shown.node}`
        : 'not running',
    ],
    ['operator', operatorLine(shown)],
    ['node switch', `${SWITCH[shown.nodeSwitch ?? 0] ?? '?'}${shown.switchedByHand ? BY_HAND : ''}`],
    ['endpoints', String(shown.endpoints ?? 0)],
    ['rulesets', String(shown.rulesets ?? 0)],
    ['selectors', `${shown.selectors ?? 0} (index version ${shown.namesVersion ?? 0})`],
    ['sweeper', running],
    [
      'outliving flows',
      `${shown.grandfatheredFlows ?? 0} older than a selection, ${shown.untilCloseFlows ?? 0} left to close by an edit`,
    ],
  ];
  const maps = renderTable(
    [
      { title: 'MAP', value: ({ name }) => name ?? '' },
      { title: 'ENTRIES', value: ({ entries }) => String(entries ?? 0), right: true },
      { title: 'OF', value: ({ maxEntries }) => String(maxEntries ?? 0), right: true },
      { title: 'MEMORY', value: ({ bytes }) => (bytes ? formatBytes(bytes) : ''), right: true },
    ],
    shown.maps ?? [],
  );
  const counts = renderTable(
    [
      { title: 'REASON', value: ({ reason }) => reason ?? '' },
      { title: 'COUNT', value: ({ count }) => String(count ?? 0), right: true },
      { title: 'MEANING', value: ({ number }) => reasonMeaning(number ?? 0) },
    ],
    shown.counts ?? [],
  );
  return `${renderFields(fields)}\n${maps}\n${counts}`;
}

export async function status(options: GlobalOptions & OutputOptions, io: Io): Promise<void> {
  const shown = await agentOrPins<Shown>(options, io, (client) => client.status(io.signal), pinnedStatus);
  io.out(options.output === 'json' ? `${toJson(shown)}\n` : renderStatus(shown));
}
