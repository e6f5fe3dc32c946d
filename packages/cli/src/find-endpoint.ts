/** ENDPOINT as people give it: namespace/pod, its number on this node, or its UID. */
import { nearest } from '@namewall/policy';
import type { EndpointStatusInput } from '@namewall/protocol';
import { CliError } from './errors.ts';

const SHOWN = 5;

const nameOf = ({ namespace, name }: EndpointStatusInput): string => `${namespace ?? ''}/${name ?? ''}`;

function isMeant(text: string, endpoint: EndpointStatusInput): boolean {
  if (text.includes('/')) return nameOf(endpoint) === text;
  return endpoint.uid === text || (/^\d+$/.test(text) && endpoint.number === Number(text));
}

/** Pods that have part of the name, else the one that is spelled most like it. */
function near(text: string, names: readonly string[]): string[] {
  const pod = text.slice(text.indexOf('/') + 1);
  const partly = names.filter((name) => pod !== '' && name.includes(pod));
  const one = nearest(text, names);
  return partly.length > 0 || one === undefined ? partly : [one];
}

/** @throws CliError that names pods that are near */
export function findEndpoint(text: string, endpoints: readonly EndpointStatusInput[]): EndpointStatusInput {
  const found = endpoints.find((endpoint) => isMeant(text, endpoint));
  if (found === undefined) {
    const names = endpoints.map(nameOf).toSorted();
    const close = near(text, names);
    const listed = (close.length > 0 ? close : names).slice(0, SHOWN).join(', ');
    const fix = listed === '' ? 'no pod is known here' : `${close.length > 0 ? 'did you mean' : 'there are'} ${listed}`;
    throw new CliError(`no pod of this node is "${text}"`, `${fix}; give namespace/pod, number or UID`, 2);
  }
  if (found.number) return found;
  const why = [found.reason, found.message].filter(Boolean).join(': ');
  throw new CliError(`${nameOf(found)} is not attached (${why})`, 'nothing that it sends is judged yet', 2);
}
