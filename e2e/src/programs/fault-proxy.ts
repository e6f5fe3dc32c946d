/**
 * Stands before an API server as an ill-behaved load balancer: ends TLS with a certificate of the lab, passes requests
 * on, and does to those that a rule matches what the rule says. fault-proxy.ts CERT KEY CA ADDRESS PORT UPSTREAM_PORT
 * A line of stdin is a JSON list of rules that replaces those before; answered by how often each of those was used.
 */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, type ClientRequest } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import { createInterface } from 'node:readline';
import type { FaultRule } from '../kube/fault-proxy.ts';

const [cert = '', key = '', ca = '', host = '', port = '', upstreamPort = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, ca: readFileSync(ca), servername: 'kubernetes' });

interface Armed {
  readonly rule: FaultRule;
  readonly path: RegExp;
  left: number;
  used: number;
}

let armed: Armed[] = [];

function take(method: string, path: string): FaultRule | undefined {
  const found = armed.find((one) => one.left > 0 && (one.rule.method ?? method) === method && one.path.test(path));
  if (found === undefined) return undefined;
  found.left -= 1;
  found.used += 1;
  return found.rule;
}

function refuse(response: ServerResponse, { status = 500, retryAfter }: FaultRule): void {
  const headers = {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  };
  response.writeHead(status, headers);
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Fault', code: status }));
}

/** Ends the connection after so many octets of the answer, as a proxy does that is restarted. */
function passOn(call: IncomingMessage, response: ServerResponse, cutAfter: number): ClientRequest {
  const { method, url, headers } = call;
  const far = request({ agent, host, port: upstreamPort, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    let octets = 0;
    answer.on('data', (chunk: Buffer) => {
      octets += chunk.length;
      if (octets > cutAfter) response.socket?.destroy();
      else response.write(chunk);
    });
    answer.once('end', () => response.end());
    answer.once('error', () => response.destroy());
  });
  far.once('error', () => response.destroy());
  response.once('close', () => far.destroy());
  call.pipe(far);
  return far;
}

createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (call, response) => {
  // Ends of what was cut on purpose.
  response.on('error', () => undefined);
  call.on('error', () => undefined);
  const rule = take(call.method ?? 'GET', call.url ?? '/');
  if (rule?.fault === 'status') refuse(response, rule);
  else if (rule?.fault === 'reset') call.socket.destroy();
  // Neither answered nor ended: the far end of a broken path.
  else if (rule?.fault !== 'stall') passOn(call, response, rule?.cutAfter ?? Number.POSITIVE_INFINITY);
}).listen({ host, port: Number(port) }, () => createInterface({ input: process.stdin }).on('line', obey));

function obey(line: string): void {
  process.stdout.write(`${JSON.stringify(armed.map(({ used }) => used))}\n`);
  const rules = JSON.parse(line) as FaultRule[];
  armed = rules.map((rule) => ({
    rule,
    path: new RegExp(rule.path, 'u'),
    left: rule.times ?? Number.POSITIVE_INFINITY,
    used: 0,
  }));
}
