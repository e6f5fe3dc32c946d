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

/** A resource as field of a delta, shared by all streams. */
export abstract class EncodedResource implements Resource {
  readonly type: ResourceType;
  readonly name: string;
  /** {@link resourceKey} of it. */
  readonly key: string;
  /** {@link versionText} of it. */
  readonly text: string;
  /** Without this one no agent can apply it. */
  readonly needs: ResourceId | undefined;
  /** Octets in a delta, at most. */
  readonly size: number;

  constructor(type: ResourceType, name: string, body: Uint8Array, needs: ResourceId | undefined) {
    this.type = type;
    this.name = name;
    this.key = resourceKey({ type, name });
    this.text = versionText({ version: versionOf(body) });
    this.needs = needs;
    this.size = body.length + Buffer.byteLength(name) + OVERHEAD;
  }

  get version(): Buffer {
    return Buffer.from(this.text, 'hex');
  }

  abstract get body(): Uint8Array;

  get encoded(): Uint8Array {
    const { type, name, version, body } = this;
    return resourceCodec.encode({ type, name, version, body });
  }
}

/** Octets around a name and a body: tags, lengths, type and version. */
const OVERHEAD = 40;

/** Its octets are kept: many nodes hold it. */
class KeptResource extends EncodedResource {
  readonly #encoded: Uint8Array;
  readonly #bodyAt: number;

  constructor(type: ResourceType, name: string, body: Uint8Array, needs: ResourceId | undefined) {
    super(type, name, body, needs);
    this.#encoded = resourceCodec.encode({ type, name, version: this.version, body });
    // The body is the last field: it need not be kept twice.
    this.#bodyAt = this.#encoded.length - body.length;
  }

  get body(): Uint8Array {
    return this.#encoded.subarray(this.#bodyAt);
  }

  override get encoded(): Uint8Array {
    return this.#encoded;
  }
}

/** Encoded when it is sent: one node holds it, and there are many. */
class EndpointResource extends EncodedResource {
  readonly #source: EndpointSource;

  constructor(source: EndpointSource) {
    const { endpoint } = source;
    const { uid, ruleset } = endpoint;
    const needs = ruleset === '' ? undefined : { type: ResourceType.RESOURCE_TYPE_RULESET, name: ruleset };
    super(ResourceType.RESOURCE_TYPE_ENDPOINT, uid, endpointCodec.encode(endpoint), needs);
    this.#source = source;
  }

  get body(): Uint8Array {
    return endpointCodec.encode(this.#source.endpoint);
  }
}

/** Says the same whenever it is asked. */
export interface EndpointSource {
  readonly endpoint: CompiledEndpoint;
}

export const nodeConfigCodec = codec<CompiledNodeConfig, NodeConfig>('NodeConfig');
export const rulesetCodec = codec<CompiledRuleset, Ruleset>('Ruleset');
export const endpointCodec = codec<CompiledEndpoint, Endpoint>('Endpoint');
const resourceCodec = codec<ResourceMessage, ResourceOutput>('Resource');

/** Identifies a resource in maps. */
export function resourceKey({ type, name }: ResourceId): string {
  return `${type}/${name}`;
}

/** A version in hexadecimal. */
export function versionText({ version }: { readonly version: Uint8Array }): string {
  return Buffer.from(version.buffer, version.byteOffset, version.byteLength).toString('hex');
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
  return new EndpointResource({ endpoint });
}

/** The same where the endpoint itself is not to be kept. */
export function encodeEndpointOf(source: EndpointSource): EncodedResource {
  return new EndpointResource(source);
}

/** @throws ProtocolError RESOURCE_TOO_LARGE when no message could carry it. */
export function encodeResource(
  type: ResourceType,
  name: string,
  body: Uint8Array,
  needs?: ResourceId,
): EncodedResource {
  if (body.length > MAX_RESOURCE) {
    const size = `is ${body.length} octets, ${MAX_RESOURCE} is the most`;
    const fix = 'select fewer names or ranges by the same pods';
    throw new ProtocolError('RESOURCE_TOO_LARGE', `resource ${resourceKey({ type, name })} ${size}; ${fix}`);
  }
  return new KeptResource(type, name, body, needs);
}
