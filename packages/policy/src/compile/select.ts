import type { LabelSelector, Labels } from '../schema/common.ts';

/** Kubernetes gives every namespace this label; it holds where no Namespace document is known. */
const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';

/** Whether every part of a selector holds; {} selects everything. NotIn holds where the label is absent. */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  const pairs = Object.entries(selector.matchLabels ?? {});
  return (
    pairs.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
    (selector.matchExpressions ?? []).every((expression) => holds(expression, labels))
  );
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

function holds({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    default: // DoesNotExist
      return value === undefined;
  }
}

/** A namespace's labels as cluster policies see them. */
export function namespaceLabels(namespace: string, labels: Labels | undefined): Labels {
  return { [NAMESPACE_NAME_LABEL]: namespace, ...labels };
}
