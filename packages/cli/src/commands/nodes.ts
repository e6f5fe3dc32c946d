/** What an operator knows of its nodes, asked over the network with a Kubernetes token. */
import { readFileSync } from 'node:fs';
import { type NodesResponse, ProtocolError, askNodes } from '@namewall/protocol';
import { CliError } from '../errors.ts';
import type { Io, OutputOptions } from '../io.ts';
import { type Column, printable, renderTable } from '../render/table.ts';
import { toJson } from '../render/text.ts';

export interface NodesOptions extends OutputOptions {
  readonly operator: string;
  readonly operatorCa: string;
  readonly token: string;
}

export async function nodes({ operator, operatorCa, token, output }: NodesOptions, io: Io): Promise<void> {
  const ca = read('--operator-ca', operatorCa);
  const bearer = read('--token', token).trim();
  const answer = await ask(operator, ca, bearer);
  io.out(output === 'json' ? `${toJson(answer)}\n` : render(answer));
}

async function ask(operator: string, ca: string, token: string): Promise<NodesResponse> {
  try {
    return await askNodes(operator, { ca }, token);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const fix =
      error.code === 'UNAUTHENTICATED'
        ? 'give a token of somebody who may get nodes.namewall.dev'
        : 'see that --operator and --operator-ca are right';
    throw new CliError(`${operator}: ${error.message}`, fix, 1, { cause: error });
  }
}

type Row = NodesResponse['nodes'][number];

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NODE', value: ({ node }) => node },
  { title: 'CONNECTED', value: ({ connected, here }) => (connected ? (here ? 'here' : 'elsewhere') : 'no') },
  { title: 'AGENT', value: ({ agentVersion }) => agentVersion },
  { title: 'PODS', value: ({ pods }) => String(pods), right: true },
  { title: 'DEGRADED', value: ({ degraded }) => String(degraded), right: true },
  { title: 'PROBLEM', value: ({ problem }) => problem },
];

function render({ replica, operatorVersion, leading, nodes: rows }: NodesResponse): string {
  const knows = leading ? 'leads: these are the nodes of all replicas' : 'does not lead: these are its own nodes';
  return `${printable(`${replica} ${operatorVersion}`)} ${knows}\n${renderTable(COLUMNS, rows)}`;
}

function read(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`${flag}: ${reason}`, 'give a file that can be read', 2, { cause });
  }
}
