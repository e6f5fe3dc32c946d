import { readFileSync } from 'node:fs';
import { NAME_SERVERS } from '../lab/addresses.ts';
import type { LabProcess } from '../lab/lab-process.ts';
import { Lab } from '../lab/lab.ts';
import { podManifest } from '../lab/manifests.ts';
import { Namewall } from '../lab/namewall.ts';
import { type LookupHabits, type Pod, SEARCH } from '../lab/pod.ts';
import { lookUp } from '../lab/probes.ts';
import { startWithoutPolicy } from '../lab/scenario.ts';
import { udpEndArgv } from '../lab/udp-end.ts';
import { startUnbound } from '../lab/unbound.ts';
import { until } from '../lab/until.ts';

export const ALLOWED = 'api.shop.example';
export const FORBIDDEN = 'blocked.forbidden.example';
/** A name as a pod of the cluster has it resolved: the cluster's suffixes, the node's, the pod's own. */
export const LISTED: Required<Pick<LookupHabits, 'search' | 'ndots'>> = {
  search: [...SEARCH, 'corp.example', 'team.example'],
  ndots: 5,
};
export const UNLISTED: Required<Pick<LookupHabits, 'search' | 'ndots'>> = { search: [], ndots: 1 };

/** Trusted; notes every question that reaches it. */
export const RESOLVER = NAME_SERVERS.silent.v4;
/** Takes questions and never answers. */
const SILENCE = '198.51.100.77';

const policy = (name: string, app: string, rejectWith: string): string => `apiVersion: namewall.dev/v1alpha1
kind: FQDNNetworkPolicy
metadata:
  name: ${name}
  namespace: default
spec:
  podSelector:
    matchLabels:
      app: ${app}
  dns:
    rejectWith: ${rejectWith}
  egress:
  - to:
    - fqdn:
        matchName: ${ALLOWED}
`;

/**
 * Pods whose names are filtered: `refused`, `listed` and `nxdomain` by what a refusal says, `unlisted` like
 * `listed`, but with suffixes that its manifest does not have. Nothing selects `silence`, and nobody answers it.
 */
export class ClientWorld {
  readonly lab: Lab;
  readonly namewall: Namewall;
  readonly #resolver: LabProcess;

  private constructor(lab: Lab, resolver: LabProcess) {
    this.lab = lab;
    this.#resolver = resolver;
    this.namewall = new Namewall(lab, { nodeSearch: ['corp.example'] });
  }

  static async create(): Promise<ClientWorld> {
    const labels = { app: 'refused' };
    const lab = await Lab.create({
      refused: labels,
      listed: labels,
      unlisted: labels,
      nxdomain: { app: 'nxdomain' },
      silence: { app: 'silence' },
    });
    try {
      lab.startInInternet('silence', udpEndArgv(SILENCE, 53), { converse: true });
      const world = new ClientWorld(lab, startResolver(lab));
      await world.#enforce();
      lab.pod('silence').useResolvers([SILENCE], UNLISTED);
      return world;
    } catch (error) {
      lab.dispose();
      throw error;
    }
  }

  /** How the clients of the filtered pods turn names into questions, from now on. */
  useHabits(habits: LookupHabits): void {
    for (const pod of this.filtered) pod.useResolvers([RESOLVER], habits);
  }

  get filtered(): Pod[] {
    return ['refused', 'listed', 'unlisted', 'nxdomain'].map((name) => this.lab.pod(name));
  }

  /** Every name that the resolver was asked for by a pod. */
  namesSeen(): Set<string> {
    const questions = readFileSync(this.#resolver.log, 'utf8').matchAll(/info: 198\.18\.1\.\d+ (\S+)\. \S+ IN/g);
    return new Set([...questions].map((match) => String(match[1])));
  }

  async #enforce(): Promise<void> {
    const { lab, namewall } = this;
    const manifest = (name: string, dns: string): void =>
      namewall.write(`pod-${name}.yaml`, podManifest(lab.pod(name)).replace('  dnsPolicy: ClusterFirst\n', dns));
    const own = '  dnsPolicy: ClusterFirst\n  dnsConfig:\n    searches: [team.example]\n';
    for (const { name } of this.filtered) manifest(name, own);
    manifest('unlisted', '  dnsPolicy: None\n');
    await startWithoutPolicy({ lab, namewall });
    namewall.write('refused.yaml', policy('refused', 'refused', 'Refused'));
    namewall.write('nxdomain.yaml', policy('nxdomain', 'nxdomain', 'NXDomain'));
    for (const pod of this.filtered) {
      const at = ['@198.51.100.53'];
      await until(`${pod.name} to be filtered`, async () => {
        return (await lookUp(pod, FORBIDDEN, 'A', at)).extendedError !== '';
      });
    }
    this.useHabits(UNLISTED);
    await until('the resolver', async () => (await lookUp(lab.pod('refused'), ALLOWED)).addresses.length > 0);
  }
}

function startResolver({ run, internet }: Lab): LabProcess {
  const options = ['log-queries: yes', 'local-zone: "cluster.local." static'];
  return startUnbound(run, internet, { name: 'noting-resolver', addresses: [RESOLVER], options });
}
