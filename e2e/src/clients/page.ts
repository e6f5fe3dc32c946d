import { CLIENTS } from './clients.ts';
import type { Measured, Measurements } from './measure.ts';
import { ALLOWED, FORBIDDEN, RESOLVER } from './world.ts';

/** What the page shows; each the same clients. */
export interface Findings {
  /** A forbidden name without a search list, by `rejectWith`. */
  readonly plain: Record<'Refused' | 'NXDomain', Measurements>;
  /** The same over TCP, of the clients that can be told to. */
  readonly tcp: Record<'Refused' | 'NXDomain', Measurements>;
  /** As the first, through the search list. */
  readonly searched: Record<'Refused' | 'NXDomain', Measurements>;
  /** An allowed name through the search list, by whether the kernel knows of its suffixes. */
  readonly allowed: Record<'known' | 'unknown', Measurements>;
}

const words = ({ found, text }: Measured): string =>
  found
    ? 'found'
    : `\`${text.replaceAll(FORBIDDEN, 'NAME').replaceAll(ALLOWED, 'NAME').replaceAll(RESOLVER, 'RESOLVER')}\``;

const cells = (measured: Measured | undefined): string[] =>
  measured
    ? [words(measured), measured.waited ? '**after its time-out**' : 'at once', String(measured.queries)]
    : ['not measured', '', ''];

function table(left: [string, Measurements], right: [string, Measurements]): string {
  const head = [left[0], right[0]].flatMap((title) => [title, 'when', 'queries']);
  const rows = CLIENTS.filter(({ name }) => left[1].has(name)).map(({ name }) => [
    name,
    ...cells(left[1].get(name)),
    ...cells(right[1].get(name)),
  ]);
  return [['client', ...head], ['---', '---', '---', '--:', '---', '---', '--:'], ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

const byAnswer = (by: Findings['plain']): string =>
  table(['`rejectWith: Refused`', by.Refused], ['`rejectWith: NXDomain`', by.NXDomain]);

const BEGIN = '<!-- measured: written by `UPDATE_DOCS=1 node --test e2e/test/refusals.test.ts` -->';
const END = '<!-- /measured -->';

/** The page with its measured part written again; what stands around the marks stays. */
export function withFindings(page: string, { plain, tcp, searched, allowed }: Findings): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/refusals.md needs a line "${BEGIN}" and, below, "${END}"`);
  const measured = `${BEGIN}

### A forbidden name, no search list

${byAnswer(plain)}

### A forbidden name over TCP, no search list

${byAnswer(tcp)}

### A forbidden name through a search list of five suffixes

${byAnswer(searched)}

### An allowed name through the same search list, \`rejectWith: Refused\`

${table(["the pod's suffixes are known", allowed.known], ['they are not (the control)', allowed.unknown])}

`;
  return page.slice(0, begin) + measured + page.slice(end);
}
