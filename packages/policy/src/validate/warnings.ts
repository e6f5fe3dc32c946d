import type { Document } from '../schema/document.ts';
import type { Policy } from '../schema/policy.ts';
import type { Problem } from '../schema/problem.ts';
import type { EgressRule } from '../schema/egress.ts';
import { parseSelector } from '../selector.ts';
import { isSharedSuffix } from './shared-suffixes.ts';

type Path = (string | number)[];

/** What a valid document says that its author may not want. */
export function warningsOf(document: Document): Problem[] {
  return isPolicy(document) ? policyWarnings(document) : [];
}

function isPolicy(document: Document): document is Policy {
  return document.kind === 'FQDNNetworkPolicy' || document.kind === 'ClusterFQDNNetworkPolicy';
}

function policyWarnings({ spec }: Policy): Problem[] {
  const rules = (list: readonly EgressRule[] | undefined) => [...(list ?? []).entries()];
  return [
    ...inertSpec(spec),
    ...rules(spec.egress).flatMap(([at, rule]) => allowWarnings(['spec', 'egress', at], rule)),
    ...rules(spec.egressDeny).flatMap(([at, rule]) => denyWarnings(['spec', 'egressDeny', at], rule, spec.strictDeny)),
  ];
}

function inertSpec(spec: Policy['spec']): Problem[] {
  if (spec.egress === undefined && spec.dns?.queries === 'Matched') {
    const reason = 'Matched without egress refuses every name outside the cluster';
    return [{ path: ['spec', 'dns', 'queries'], reason, fix: 'write egress, or leave queries out' }];
  }
  if (spec.egress !== undefined || (spec.egressDeny?.length ?? 0) > 0 || spec.dns?.queries === 'All') return [];
  const reason = 'has neither egress nor egressDeny, so it allows and denies nothing';
  return [{ path: ['spec'], reason, fix: 'write egress: [] to deny everything outside the cluster' }];
}

function allowWarnings(path: Path, rule: EgressRule): Problem[] {
  return rule.to.flatMap(({ fqdn }, at) => {
    if (fqdn === undefined) return [];
    const where = [...path, 'to', at, 'fqdn'];
    const { kind, text } = parseSelector(fqdn);
    if (text === '*' || text === '**.*') {
      const reason = 'selects every name, so any server that has a name is allowed';
      return [{ path: where, reason, fix: 'name the domains that the pod needs' }];
    }
    const suffix = text.slice(text.lastIndexOf('*') + 1).replace(/^[^.]*\./, '');
    if (kind === 'name' || (suffix !== '' && !isSharedSuffix(suffix))) return [];
    const reason = `many tenants have names under "${suffix}": anyone can get one that this pattern selects`;
    return [{ path: where, reason, fix: 'write the names in use, or a pattern under your own part' }];
  });
}

function denyWarnings(path: Path, rule: EgressRule, strict: boolean | undefined): Problem[] {
  if (rule.ports === undefined || strict === true || rule.to.every(({ fqdn }) => fqdn === undefined)) return [];
  const reason = 'with ports, names are not refused but only denied where no allowed name has the same address';
  return [{ path: [...path, 'ports'], reason, fix: 'leave ports out, or set strictDeny: true' }];
}
