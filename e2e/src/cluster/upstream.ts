import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { LabProcess } from '../lab/lab-process.ts';
import { inside } from '../lab/namespaces.ts';
import type { Cluster } from './cluster.ts';

const SERVER = path.join(import.meta.dirname, '../programs/web-server.ts');

/** What the names of the world outside resolve to; `*` is any label. */
const NAMES: Readonly<Record<string, string>> = {
  'api.shop.example': '203.0.113.10',
  '*.cdn.example': '203.0.113.20',
  'forbidden.example': '203.0.113.66',
};

/** The world outside of the cluster, at its control plane: a name server that the nodes ask, and a web server. */
export function startUpstream({ run, network }: Cluster, coredns: string): void {
  for (const address of Object.values(NAMES)) {
    execFileSync('ip', ['-n', network.control.name, 'addr', 'add', `${address}/32`, 'dev', 'lo']);
  }
  const corefile = run.file('Corefile');
  writeFileSync(corefile, `.:53 {\n  errors\n${Object.entries(NAMES).map(rule).join('')}}\n`);
  LabProcess.start(run, 'upstream', inside(network.control, [coredns, '-conf', corefile]));
  LabProcess.start(run, 'web', inside(network.control, [process.execPath, SERVER, '80']));
}

function rule([name, address]: readonly [string, string]): string {
  const match = `^${name.replaceAll('.', String.raw`\.`).replace('*', '[^.]+')}${String.raw`\.`}$`;
  return [
    `  template IN A ${name.replace('*.', '')} {`,
    `    match "${match}"`,
    `    answer "{{ .Name }} 60 IN A ${address}"`,
    '  }',
    `  template IN AAAA ${name.replace('*.', '')} {`,
    `    match "${match}"`,
    '    rcode NOERROR',
    '  }',
    '',
  ].join('\n');
}
