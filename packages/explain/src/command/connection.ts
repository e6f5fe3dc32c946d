/** `namewallctl explain POD ADDRESS:PORT` */
import { NwReason, reasonName } from '@namewall/datapath';
import { Verdict } from '@namewall/protocol';
import { decideConnection, isDenial, isGrandfathered, isStreamRefusal } from '../decide/connection.ts';
import { isRefusal } from '../decide/query.ts';
import type { ConnectionFacts, ConnectionQuestion, KnownFlow } from '../facts.ts';
import { connectionWords } from '../words/connection.ts';
import { peerText, spanOf } from '../words/text.ts';
import { type Explained, addressEntry, auditEntry, selectedBy, told, verdictOf } from './verdict.ts';

const NS_PER_MS = 1_000_000n;

const REFUSES = [isDenial, isRefusal, isStreamRefusal];

function verdict(reason: number): Verdict {
  if (reason === NwReason.REASON_NONE) return Verdict.VERDICT_UNSPECIFIED;
  return verdictOf(
    REFUSES.some((is) => is(reason)),
    reason === NwReason.PASS_SWITCHED_AUDIT,
  );
}

/** What becomes of the packets of a flow that is there. */
function flowState(question: ConnectionQuestion, facts: ConnectionFacts, flow: KnownFlow): string {
  const { reason } = decideConnection({ ...question, flow }, facts);
  if (isGrandfathered(flow, facts) && reason === NwReason.PASS_GRANDFATHERED) {
    const left = (facts.pod?.selectedAt ?? 0n) + facts.grandfather - facts.time;
    return `passes, grandfathered for ${spanOf(left)} more`;
  }
  return isDenial(reason) ? `is cut with its next packet (${reasonName(reason)})` : `passes (${reasonName(reason)})`;
}

/** @param asked how the question is shown; default: protocol, address and port */
export function explainConnection(
  question: ConnectionQuestion,
  facts: ConnectionFacts,
  asked = peerText(question.address, question.protocol, question.port),
): Explained {
  const decision = decideConnection(question, facts);
  const { reason, audit, steps } = decision;
  const situation = { question, facts, decision };
  const refusedByAudit = audit !== undefined && isDenial(audit);
  const auditTold = told(audit ?? 0, connectionWords(refusedByAudit ? NwReason.PASS_AUDIT_DENY : reason, situation));
  return {
    question: asked,
    verdict: verdict(reason),
    ...told(reason, connectionWords(reason, situation)),
    steps: [...steps],
    audit: audit === undefined ? null : auditEntry(auditTold, refusedByAudit),
    addresses: facts.learned.map((identity) => addressEntry(identity, facts.time)),
    flows: facts.known.map((flow) => ({
      localPort: flow.localPort,
      remotePort: flow.remotePort,
      protocol: flow.protocol,
      state: flowState(question, facts, flow),
      expiresInMs: (flow.expires - facts.time) / NS_PER_MS,
    })),
    ...selectedBy(facts.pod?.rules),
  };
}
