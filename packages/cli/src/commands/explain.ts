/** `namewallctl explain`: what would become of a question or a connection, before anything is sent. */
import { explain as explainPinned, pinnedRules } from '@namewall/explain';
import { type PinnedDatapath, recentRecords } from '@namewall/datapath';
import { type EndpointStatusInput, type ExplanationInput, ProtocolError, Verdict } from '@namewall/protocol';
import { CliError } from '../errors.ts';
import { findEndpoint } from '../find-endpoint.ts';
import type { GlobalOptions, Io, OutputOptions } from '../io.ts';
import { pinnedEndpoints } from '../pins.ts';
import { renderExplanation } from '../render/explanation.ts';
import { toJson } from '../render/text.ts';
import { agentOrPins } from '../source.ts';
import { type Asked, parseTarget } from '../target.ts';

export interface ExplainOptions extends GlobalOptions, OutputOptions {
  readonly protocol?: string;
}

interface Answered {
  readonly endpoint: EndpointStatusInput;
  readonly explanation: ExplanationInput;
}

const PROTOCOLS: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, SCTP: 132, ICMP: 1 };
export const PROTOCOL_NAMES: readonly string[] = Object.keys(PROTOCOLS);

function fromPins(pins: PinnedDatapath, target: string, asked: Asked, protocol: number): Answered {
  const endpoint = findEndpoint(target, pinnedEndpoints(pins));
  const sources = {
    datapath: pins,
    rules: (number: number) => pinnedRules(pins.maps, pins.sizes, number),
    recentRecords: (of: number) => recentRecords(pins.maps, of, pins.sizes),
    selectorOf: (handle: number) => pins.maps.identities.get(handle)?.selector,
  };
  const explanation = explainPinned({ ...asked, endpoint: endpoint.number ?? 0, protocol }, sources);
  return { endpoint, explanation };
}

/** @returns the exit code: 0 allowed, 1 denied. Everything that goes wrong is 2. */
export async function explain(pod: string, target: string, options: ExplainOptions, io: Io): Promise<number> {
  try {
    return await answer(pod, target, options, io);
  } catch (cause) {
    if (cause instanceof CliError) throw new CliError(cause.message, cause.fix, 2, { cause });
    if (cause instanceof ProtocolError) throw new CliError(cause.message, "see the agent's log", 2, { cause });
    throw cause;
  }
}

async function answer(pod: string, target: string, options: ExplainOptions, io: Io): Promise<number> {
  const asked = parseTarget(target);
  const protocol = options.protocol === undefined ? 0 : (PROTOCOLS[options.protocol] ?? 0);
  const { endpoint, explanation } = await agentOrPins<Answered>(
    options,
    io,
    async (client) => {
      const found = findEndpoint(pod, await Array.fromAsync(client.endpoints({}, io.signal)));
      const request = { ...asked, endpoint: found.number ?? 0, protocol };
      return { endpoint: found, explanation: await client.explain(request, io.signal) };
    },
    (pins) => fromPins(pins, pod, asked, protocol),
  );
  const who = `${endpoint.namespace ?? ''}/${endpoint.name ?? ''}`;
  io.out(options.output === 'json' ? `${toJson({ pod: who, ...explanation })}\n` : renderExplanation(explanation, who));
  return explanation.verdict === Verdict.VERDICT_REFUSED ? 1 : 0;
}
