/** Pods under policies, on the datapath and as the oracle sees them; every packet is compared. */
import type { ReasonName } from '@namewall/datapath';
import { type Namespace, type NamewallConfig, type Pod, type Policy, compile, validate } from '@namewall/policy';
import { encodeEndpoint, encodeNodeConfig, encodeRuleset } from '@namewall/protocol';
import type { Wording } from './cases/happening.ts';
import type { Zone } from './cases/universe.ts';
import { answerFrame, answerMessage, frameOf, inbound, makeFrame, queryMessage } from './kernel/frames.ts';
import { ACTION, type Host, SIZES, type Told } from './kernel/host.ts';
import { Model, type OpenQuestion, type PodModel, TIMES } from './model.ts';
import { policiesOf } from './spec/applies.ts';
import { resolverAt } from './spec/node.ts';
import { type IpPacket, PROTOCOL, type Packet, type Question } from './spec/packet.ts';
import { precedenceOf } from './spec/rules.ts';
import { standingOf } from './spec/said.ts';
import type { Situation } from './spec/situation.ts';
import type { Verdict } from './spec/verdict.ts';
import type { Tally } from './tally.ts';

/** What an oracle says of a packet. */
export type Judge = (situation: Situation) => Verdict;

/** Datapath and oracle differ. */
export class Difference extends Error {
  override readonly name = 'Difference';
}

export interface SceneOptions {
  readonly host: Host;
  readonly tally: Tally;
  readonly judge: Judge;
  readonly config: NamewallConfig['spec'];
  /** Their UIDs are the scene's own. */
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
  /** A table with room for so few entries more. */
  readonly crowded?: { readonly table: 'flows' | 'pending'; readonly free: number } | undefined;
}

const API_VERSION = 'namewall.dev/v1alpha1';
/** An endpoint that there is not. */
const STRANGER = 0x7fff_0000;
const FIRST_PORT = 40_000;
const ROOM = { flow: 'there is', question: 'there is' } as const;
let scenes = 0;

export class Scene implements Disposable {
  readonly model: Model;
  /** Where what follows is to be found, for people. */
  where = '';
  readonly #options: SceneOptions;
  readonly #pods: readonly Pod[];
  readonly #own: readonly (readonly string[])[];
  readonly #search: readonly (readonly string[])[];
  #nextId = 1;
  #begun = false;

  constructor(options: SceneOptions) {
    const { pods, config, crowded } = options;
    this.#options = options;
    const tag = (scenes += 1);
    this.#pods = pods.map((pod) => ({ ...pod, metadata: { ...pod.metadata, uid: `${tag}-${pod.metadata.name}` } }));
    this.#own = pods.map(({ status }) => (status?.podIPs ?? []).map(({ ip }) => ip));
    this.#search = pods.map((pod) => searchOf(pod, config));
    const strangers = (table: 'flows' | 'pending') => (crowded?.table === table ? SIZES[table] - crowded.free : 0);
    this.model = new Model(pods.length, config, { flows: strangers('flows'), pending: strangers('pending') });
  }

  /** Policies come into force as documents, through everything that they go through in a cluster. */
  async apply(policies: readonly Policy[], nodeSwitch: 'On' | 'Audit' | 'Off' = 'On'): Promise<void> {
    const { host, namespaces } = this.#options;
    const pods = this.#pods;
    const spec = { ...this.#options.config, nodeSwitch };
    const metadata = { name: 'node' };
    const config: NamewallConfig = { apiVersion: API_VERSION, kind: 'NamewallConfig', metadata, spec };
    for (const document of [...policies, ...pods, ...namespaces, config]) {
      const checked = validate(document);
      if (!checked.ok) throw new Error(`a document is not valid: ${JSON.stringify(checked.errors)}`);
    }
    const compiled = compile({ policies, pods, namespaces, config });
    const rejected = new Set(compiled.rejected.map(({ policy }) => policy.name));
    await host.apply([
      encodeNodeConfig(compiled.nodeConfig),
      ...[...compiled.rulesets].map(([id, ruleset]) => encodeRuleset(id, ruleset)),
      ...compiled.endpoints.map(encodeEndpoint),
    ]);
    this.model.nodeSwitch = nodeSwitch;
    const accepted = policies.filter(({ metadata: { name } }) => !rejected.has(name));
    for (const [at, pod] of this.model.pods.entries()) this.#move(pod, pods[at], accepted, spec);
    this.#crowd();
  }

  #move(pod: PodModel, document: Pod | undefined, policies: readonly Policy[], config: NamewallConfig['spec']): void {
    if (document === undefined) return;
    const { host, namespaces } = this.#options;
    const { endpoint, ruleset } = host.endpointOf(document.metadata.uid);
    const standing = standingOf(policiesOf(document, policies, { namespaces, config }));
    pod.endpoint = endpoint;
    if (standing.selected !== (ruleset !== 0)) this.differ(`${document.metadata.name} selected: ${standing.selected}`);
    this.model.move(pod, standing, ruleset);
  }

  /** Once the pods of the scene before are gone, with what they held. */
  #crowd(): void {
    const { host, crowded } = this.#options;
    const begun = this.#begun;
    this.#begun = true;
    if (crowded !== undefined && !begun) host.crowd(crowded.table, STRANGER, SIZES[crowded.table] - crowded.free);
  }

  /** Time goes on by whole minutes. */
  wait(minutes: number): void {
    this.model.now += minutes * 60;
    this.#options.host.wait(minutes * 60);
  }

  own(at: number, v6: boolean): string | undefined {
    return this.#addresses(at).find((address) => address.includes(':') === v6);
  }

  #addresses(at: number): readonly string[] {
    return this.#own[at] ?? [];
  }

  /** A packet of a pod's: what the oracle says becomes of it, and what does. */
  send(at: number, packet: Packet, frame: Buffer = frameOf(packet), quoted?: IpPacket): Verdict {
    const pod = this.#pod(at);
    const { host, judge } = this.#options;
    const situation = this.#situation(pod, at, packet, quoted);
    const verdict = judge(situation);
    const selector = this.#hold(verdict, host.run('pod_out', pod.endpoint, frame), host.told());
    if (packet.kind !== 'ip') return verdict;
    this.model.became(pod, packet, verdict, { selector, foreign: isForeign(situation, packet) });
    return verdict;
  }

  #situation(pod: PodModel, at: number, packet: Packet, quoted?: IpPacket): Situation {
    const { model } = this;
    const ip = packet.kind === 'ip' ? packet : undefined;
    const { standing, selectedAt } = pod;
    return {
      node: model.spec,
      grandfather: TIMES.grandfather,
      now: model.now,
      pod: { standing, selectedAt, addresses: this.#addresses(at), search: this.#search[at] ?? [] },
      learned: pod.learned(),
      packet,
      flow: ip && model.flowOf(pod, ip),
      quoted: quoted && model.flowOf(pod, quoted),
      firstPassed: ip?.fragment === 'later' && model.follows(pod, ip),
      // Counted where a verdict hangs on it.
      room: {
        get flow() {
          return ip === undefined ? 'there is' : model.flowRoom(pod, ip);
        },
        get question() {
          return model.questionRoom(pod);
        },
      },
    };
  }

  /** A packet from a cable whose pod is gone. */
  sendFromNobody(packet: Packet): Verdict {
    const { host, judge } = this.#options;
    const { spec: node, now } = this.model;
    const verdict = judge({ node, now, grandfather: 0, pod: undefined, learned: [], packet, room: ROOM });
    this.#hold(verdict, host.run('pod_out', STRANGER, frameOf(packet)), host.told());
    return verdict;
  }

  /** Asks a resolver; undefined when the question was not let through with a place to remember it. */
  ask(
    at: number,
    question: Question,
    resolver: string,
    zone: Zone | undefined,
    wording: Wording = 'plain',
  ): { readonly verdict: Verdict; readonly asked: OpenQuestion | undefined } {
    const id = this.#nextId++;
    const v6 = resolver.includes(':');
    const packet: IpPacket = {
      kind: 'ip',
      source: this.own(at, v6) ?? '2001:db8:1::ff',
      destination: resolver,
      protocol: PROTOCOL.UDP,
      sourcePort: FIRST_PORT + (id & 3),
      destinationPort: 53,
      ...(wording === 'plain' ? { question } : {}),
      ...(wording === 'cut' ? {} : { message: wording === 'response' ? ('response' as const) : ('query' as const) }),
    };
    const verdict = this.send(at, packet, makeFrame(packet, queryMessage(question, wording, id)));
    const { model } = this;
    const pod = this.#pod(at);
    const asked: OpenQuestion = {
      pod: at,
      question,
      resolver,
      id,
      port: packet.sourcePort,
      to: packet.source,
      created: model.now,
      zone,
      known: model.selects(pod.standing, question.name),
      answered: false,
      gone: false,
    };
    if (verdict.keeps !== 'question') return { verdict, asked: undefined };
    pod.questions.push(asked);
    return { verdict, asked };
  }

  answer(asked: OpenQuestion): void {
    const { host } = this.#options;
    const pod = this.#pod(asked.pod);
    const message = answerMessage(asked.question, asked.zone, asked.id);
    const frame = answerFrame(asked.resolver, asked.to, asked.port, message);
    this.#pass(host.run('pod_in', pod.endpoint, frame), this.model.answered(pod, asked));
  }

  /** What comes to the pod; the packet is that of the pod's reply. */
  receive(at: number, packet: IpPacket): void {
    const { destination, destinationPort, protocol } = packet;
    const pod = this.#pod(at);
    const action = this.#options.host.run('pod_in', pod.endpoint, inbound(packet));
    const read =
      protocol === PROTOCOL.UDP && resolverAt(this.model.node, destination, destinationPort, protocol) === 'plain';
    this.#pass(action, read ? 'ANSWER_SHORT' : this.model.calledFromOutside(pod, packet));
  }

  #pass(action: number, reason: ReasonName): void {
    const told = this.#options.host.told();
    if (action !== ACTION.pass) this.differ(`what came in did not pass: ${action}`);
    if (!this.#options.tally.expect(reason)) this.differ(`what came in is not ${reason}: ${JSON.stringify(told)}`);
  }

  /** @returns the selector of the rule that decided */
  #hold(verdict: Verdict, action: number, told: readonly Told[]): string | undefined {
    const { tally } = this.#options;
    const wanted = { pass: ACTION.pass, refuse: verdict.manner === 'silence' ? ACTION.drop : ACTION.redirect };
    const says = `the oracle says ${verdict.action} (${verdict.manner}) ${[verdict.reason, ...verdict.also].join(' and ')}`;
    if (action !== wanted[verdict.action]) this.differ(`action ${action}, ${says}; told ${JSON.stringify(told)}`);
    for (const reason of [verdict.reason, ...verdict.also]) {
      if (tally.expect(reason) || this.#isAsGood(reason, verdict)) continue;
      this.differ(`counted otherwise: ${tally.audit()}; ${says}; told ${JSON.stringify(told)}`);
    }
    tally.add(verdict);
    return this.#holdAuthor(verdict, told);
  }

  #isAsGood(reason: ReasonName, { orReason }: Verdict): boolean {
    const { tally } = this.#options;
    if (orReason === undefined || (reason !== 'DENY_EXPIRED' && reason !== 'DENY_UNKNOWN')) return false;
    tally.expect(reason, -1);
    return tally.expect(orReason);
  }

  /** The event names one of the statements that decided a connection; returns its selector, if it has one. */
  #holdAuthor({ by, reason }: Verdict, told: readonly Told[]): string | undefined {
    const event = told.find((one) => one.reason === reason);
    if (by.length === 0 || event === undefined || reason.startsWith('QUERY')) return undefined;
    const { handle, precedence } = event;
    const selector = handle === 0 ? undefined : this.#options.host.selectorOf(handle);
    if (!by.some((one) => one.name?.canonical === selector && precedence === precedenceOf(one))) {
      this.differ(`told of ${selector ?? 'no selector'}, precedence ${precedence}; the oracle: ${JSON.stringify(by)}`);
    }
    return selector;
  }

  #pod(at: number): PodModel {
    const pod = this.model.pods[at];
    if (pod === undefined) throw new Error(`there is no pod ${at}`);
    return pod;
  }

  differ(what: string): never {
    throw new Difference(`${this.where}: ${what}`);
  }

  [Symbol.dispose](): void {
    this.#options.host.uncrowd();
  }
}

function searchOf(pod: Pod, { clusterDomain = 'cluster.local' }: NamewallConfig['spec']): string[] {
  const namespace = pod.metadata.namespace ?? 'default';
  const own = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return [...own, ...(pod.spec?.dnsConfig?.searches ?? [])];
}

function isForeign({ pod }: Situation, { source }: IpPacket): boolean {
  const known = (pod?.addresses ?? []).filter((address) => address.includes(':') === source.includes(':'));
  return known.length > 0 && !known.includes(source) && !source.startsWith('fe80:');
}
