import type { LearnedNameInput } from '@namewall/protocol';
import type { GlobalOptions, Io, OutputOptions } from '../io.ts';
import { pinnedNames } from '../pins.ts';
import { type Column, renderTable } from '../render/table.ts';
import { formatPeer, formatSelector, formatSpan, toJson } from '../render/text.ts';
import { agentOrPins } from '../source.ts';

export const NO_NAME = 'name no longer kept';

export const NAME_COLUMNS: readonly Column<LearnedNameInput>[] = [
  { title: 'ENDPOINT', value: ({ namespace, pod }) => `${namespace}/${pod}` },
  { title: 'SELECTOR', value: ({ selector }) => formatSelector(selector ?? '') },
  { title: 'NAME', value: ({ name = '' }) => (name === '' ? NO_NAME : name) },
  { title: 'ADDRESS', value: ({ address }) => formatPeer(address ?? new Uint8Array(), 0) },
  { title: 'EXPIRES IN', value: ({ expiresInMs }) => formatSpan(expiresInMs ?? 0n) },
];

/** By endpoint, name, selector, address. */
export function sortNames(rows: readonly LearnedNameInput[]): LearnedNameInput[] {
  const key = (row: LearnedNameInput): string =>
    [row.namespace, row.pod, row.name, row.selector, Buffer.from(row.address ?? []).toString('hex')].join('\0');
  return rows
    .map((row) => ({ row, key: key(row) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ row }) => row);
}

export async function names(options: GlobalOptions & OutputOptions, io: Io): Promise<void> {
  const rows = await agentOrPins<LearnedNameInput[]>(
    options,
    io,
    (client) => Array.fromAsync(client.names({}, io.signal)),
    pinnedNames,
  );
  const sorted = sortNames(rows);
  if (options.output === 'json') for (const row of sorted) io.out(`${toJson(row)}\n`);
  else io.out(renderTable(NAME_COLUMNS, sorted));
}
