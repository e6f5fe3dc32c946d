import { randomBytes, randomInt } from 'node:crypto';
import { Lab, type PodLabels } from './lab.ts';
import { Namewall, type NamewallChoices } from './namewall.ts';

/** A lab with Namewall's processes at hand. */
export interface World {
  readonly lab: Lab;
  readonly namewall: Namewall;
}

/** Pods: "shop", which the demo's policy selects, "other", which nothing selects, and those added. */
export async function makeWorld(choices?: NamewallChoices, added: PodLabels = {}): Promise<World> {
  const lab = await Lab.create({ shop: { app: 'shop' }, other: { app: 'other' }, ...added });
  return { lab, namewall: new Namewall(lab, choices) };
}

/** A label that nobody has asked for before. */
export const randomLabel = (): string => `r${randomBytes(6).toString('hex')}`;

/** An allowed name that nobody has asked for before, at an address that nobody has met before. */
export function freshName(): string {
  const number = randomInt(32_768);
  return `new-198-18-${128 + (number >> 8)}-${number & 255}.fresh.example`;
}
