/**
 * Writes docs/compatibility.md of the tests that ran: a reporter of node:test, see `make compatibility`. A test that did
 * not run is not in the page, and one that failed is there as such.
 */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import type { TestEvent } from 'node:test/reporters';

interface Result {
  readonly file: string;
  /** What surrounds it: the arrangement. */
  readonly around: string;
  readonly name: string;
  readonly passed: boolean;
}

/** What a file of tests is about, in the order of the page. */
const CHAPTERS: readonly (readonly [file: string, title: string, hook: string])[] = [
  ['neighbours.test.ts', 'Beside programs that stand behind ours', 'as named'],
  ['shadowed.test.ts', 'Before programs that stand before ours, or past them', 'as named'],
  ['cluster.test.ts', 'Two nodes of Kubernetes: CNI ptp on one, bridge on the other', 'auto'],
  ['absence.test.ts', 'The same, agents away and pods that cannot wait', 'auto'],
  ['upgrade.test.ts', 'The same, under load', 'auto'],
  ['dual-stack.test.ts', 'The same, IPv4 and IPv6', 'auto'],
  ['guest.test.ts', 'Linux 6.1, emulated', 'clsact: it has no TCX'],
];

// What node:test takes a reporter from.
// oxlint-disable-next-line import/no-default-export
export default async function* compatibility(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const results: Result[] = [];
  const open: string[] = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      open.length = data.nesting;
      open.push(data.name);
      continue;
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { nesting, name, file = '', details } = data;
    if (details.type === 'suite') continue;
    const around = open.slice(0, nesting).join(', ');
    results.push({ file: path.basename(file), around, name, passed: type === 'test:pass' });
  }
  yield head();
  for (const [file, title, hook] of CHAPTERS) {
    const own = results.filter((one) => one.file === file);
    if (own.length > 0) yield chapter(title, hook, own);
  }
}

function head(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return `# What it runs beside

Written by \`make compatibility\` from the tests that it ran, version ${version}, on Linux ${release()} (${process.arch}),
${new Date().toISOString().slice(0, 10)}. What is not here was not run: among it arm64, containerd 2, CRI-O, netkit, and the
network plugins Cilium and Calico themselves, of which only the ways are tried by which they hand packets to a pod.
`;
}

function chapter(title: string, hook: string, results: readonly Result[]): string {
  const rows = results.map(({ around, name, passed }) => {
    const what = around === '' ? name : `${around}: ${name}`;
    return `| ${what.replaceAll('|', String.raw`\|`)} | ${passed ? 'holds' : '**failed**'} |`;
  });
  return `\n## ${title}\n\nHook: ${hook}.\n\n| | |\n|---|---|\n${rows.join('\n')}\n`;
}
