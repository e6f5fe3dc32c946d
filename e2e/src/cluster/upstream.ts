import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { LabProcess } from '../lab/lab-process.ts';
import { inside } from '../lab/namespaces.ts';
import type { Cluster } from './cluster.ts';
import type { Addresses, Families } from './plan.ts';

const SERVER = path.join(import.meta.dirname, '../programs/web-server.ts');

/** What the names of the world outside resolve to; `*` is any label. */
const NAMES: Readonly<Record<string, Addresses>> = {
  'api.shop.example': { v4: '203.0.113.10', v6: '2001:db8:113::10' },
  '*.cdn.example': { v4: '203.0.113.20', v6: '2001:db8:113::20' },
  'forbidden.example': { v4: '203.0.113.66', v6: '2001:db8:113::66' },
};

/** The world outside of the cluster, at its control plane: a name server that the nodes ask, and a web server. */
export function startUpstream({ run, network, families }: Cluster, coredns: string): void {
  for (const address of Object.values(NAMES)) {
    for (const family of families) {
      const host = `${address[family]}/${family === 'v4' ? 32 : 128}`;
      execFileSync('ip', ['-n', network.control.name, 'addr', 'add', host, 'dev', 'lo']);
    }
  }
  const corefile = run.file('Corefile');
  writeFileSync(
    corefile,
    `.:53 {\n  errors\n${Object.entries(NAMES)
      .map(([name, own]) => rule(name, own, families))
      .join('')}}\n`,
  );
  LabProcess.start(run, 'upstream', inside(network.control, [coredns, '-conf', corefile]));
  LabProcess.start(run, 'web', inside(network.control, [process.execPath, SERVER, '80']));
}

/** A single-stack world has no IPv6 address. */
function rule(name: string, { v4, v6 }: Addresses, families: Families): string {
  const match = `^${name.replaceAll('.', String.raw`\.`).replace('*', '[^.]+')}${String.raw`\.`}$`;
  return [
    `  template IN A ${name.replace('*.', '')} {`,
    `    match "${match}"`,
    `    answer "{{ .Name }} 60 IN A ${v4}"`,
    '  }',
    `  template IN AAAA ${name.replace('*.', '')} {`,
    `    match "${match}"`,
    families.includes('v6') ? `    answer "{{ .Name }} 60 IN AAAA ${v6}"` : '    rcode NOERROR',
    '  }',
    '',
  ].join('\n');
}
