import { createHash } from 'node:crypto';
import { codec } from './codec.ts';
import { ProtocolError } from './errors.ts';
import type { CompiledEndpoint, CompiledNodeConfig, CompiledRuleset } from '@namewall/policy';
import { type Endpoint, type NodeConfig, type Ruleset, ResourceType } from './messages.ts';
import type { Resource as ResourceMessage, Resource__Output as ResourceOutput } from './gen/namewall/v1/Resource.ts';
import { MAX_RESOURCE } from './limits.ts';

/** The name of the one NODE_CONFIG. */
export const NODE_CONFIG_NAME = 'node';

/** Type and name; types this software does not know are possible. */
export interface ResourceId {
  readonly type: number;
  readonly name: string;
}

/** What somebody holds of a resource. */
export interface HeldVersion extends ResourceId {
  /** 16 octets. */
  readonly version: Uint8Array;
}

export interface Resource extends HeldVersion {
  /** Canonical octets of the message that the type stands for. */
  readonly body: Uint8Array;
}

/** A resource with its octets as field of a delta: encoded once, shared by all streams. */
export interface EncodedResource extends Resource {
  readonly encoded: Uint8Array;
  /** Without this one no agent can apply it. */
  readonly needs?: ResourceId;
}

export const nodeConfigCodec = codec<CompiledNodeConfig, NodeConfig>('NodeConfig');
export const rulesetCodec = codec<CompiledRuleset, Ruleset>('Ruleset');
export const endpointCodec = codec<CompiledEndpoint, Endpoint>('Endpoint');
const resourceCodec = codec<ResourceMessage, ResourceOutput>('Resource');

/** Identifies a resource in maps. */
export function resourceKey({ type, name }: ResourceId): string {
  return `${type}/${name}`;
}

/** @returns the first 16 octets of SHA-256 over the body. */
export function versionOf(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest().subarray(0, 16);
}

export function encodeNodeConfig(config: CompiledNodeConfig): EncodedResource {
  return encodeResource(ResourceType.RESOURCE_TYPE_NODE_CONFIG, NODE_CONFIG_NAME, nodeConfigCodec.encode(config));
}

/** @param id names the ruleset: see Endpoint.ruleset. */
export function encodeRuleset(id: string, ruleset: CompiledRuleset): EncodedResource {
  return encodeResource(ResourceType.RESOURCE_TYPE_RULESET, id, rulesetCodec.encode(ruleset));
}

export function encodeEndpoint(endpoint: CompiledEndpoint): EncodedResource {
  const encoded = encodeResource(ResourceType.RESOURCE_TYPE_ENDPOINT, endpoint.uid, endpointCodec.encode(endpoint));
  if (endpoint.ruleset === '') return encoded;
  return { ...encoded, needs: { type: ResourceType.RESOURCE_TYPE_RULESET, name: endpoint.ruleset } };
}

/** @throws ProtocolError RESOURCE_TOO_LARGE when no message could carry it. */
export function encodeResource(type: ResourceType, name: string, body: Uint8Array): EncodedResource {
  if (body.length > MAX_RESOURCE) {
    const size = `is ${body.length} octets, ${MAX_RESOURCE} is the most`;
    const fix = 'select fewer names or ranges by the same pods';
    throw new ProtocolError('RESOURCE_TOO_LARGE', `resource ${resourceKey({ type, name })} ${size}; ${fix}`);
  }
  const version = versionOf(body);
  const encoded = resourceCodec.encode({ type, name, version, body });
  // The body is the last field: it need not be kept twice.
  return { type, name, version, body: encoded.subarray(encoded.length - body.length), encoded };
}
