import type { CheckedDocument, Document, FileProblem, NamewallConfig, Namespace, Pod, Policy } from '@namewall/policy';
import type { SourceState } from '../source/source.ts';

/**
 * One state from the documents of all files. Of two with one kind, namespace and name, of two configs and
 * of two pods with one UID, the first counts.
 */
export function gather(documents: readonly CheckedDocument[]): { state: SourceState; problems: FileProblem[] } {
  const first = new Map<string, CheckedDocument>();
  const problems: FileProblem[] = [];
  const kept: Document[] = [];
  for (const checked of documents) {
    const clash = identitiesOf(checked.document).find(({ key }) => first.has(key));
    if (clash === undefined) {
      for (const { key } of identitiesOf(checked.document)) first.set(key, checked);
      kept.push(checked.document);
    } else {
      problems.push(duplicate(checked, clash, first.get(clash.key)));
    }
  }
  return { state: stateOf(kept), problems };
}

interface Identity {
  readonly key: string;
  readonly path: FileProblem['path'];
  readonly what: string;
}

function identitiesOf(document: Document): Identity[] {
  const { kind, metadata } = document;
  if (kind === 'NamewallConfig') return [{ key: kind, path: ['kind'], what: 'the one NamewallConfig' }];
  const namespace = namespaceOf(document);
  const name = namespace === '' ? metadata.name : `${namespace}/${metadata.name}`;
  const own = { key: `${kind}/${name}`, path: ['metadata', 'name'], what: `${kind} ${name}` };
  if (kind !== 'Pod') return [own];
  return [
    own,
    { key: `uid/${document.metadata.uid}`, path: ['metadata', 'uid'], what: `a pod of UID ${document.metadata.uid}` },
  ];
}

function namespaceOf(document: Document): string {
  if (document.kind === 'FQDNNetworkPolicy' || document.kind === 'Pod') return document.metadata.namespace ?? 'default';
  return '';
}

function duplicate(
  { file, line }: CheckedDocument,
  { path, what }: Identity,
  first: CheckedDocument | undefined,
): FileProblem {
  const reason = `${what} stands at ${first?.file ?? ''}:${first?.line ?? 0} already, and that one counts`;
  return { file, line, path, reason, fix: 'remove one of them or give it another name' };
}

function stateOf(documents: readonly Document[]): SourceState {
  const policies: Policy[] = [];
  const pods: Pod[] = [];
  const namespaces: Namespace[] = [];
  let config: NamewallConfig | undefined;
  for (const document of documents) {
    if (document.kind === 'Pod') pods.push(document);
    else if (document.kind === 'Namespace') namespaces.push(document);
    else if (document.kind === 'NamewallConfig') config = document;
    else policies.push(document);
  }
  return { policies, pods, namespaces, config, nodes: [] };
}
