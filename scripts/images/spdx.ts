/** Parts of an image and their list, by https://spdx.github.io/spdx-spec/v2.3/ and the package-url specification. */
import { createHash } from 'node:crypto';

export interface Part {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, undefined where the package does not say. */
  readonly license?: string;
  /** Package URL, one a part. */
  readonly purl: string;
}

export interface Image {
  readonly name: string;
  readonly version: string;
  readonly created: Date;
  readonly parts: readonly Part[];
}

const encode = (text: string): string => encodeURIComponent(text).replaceAll('%3A', ':');

/** From a Debian package's control file. Its licences stand in its copyright file, not here. */
export function debianPart(control: string): Part {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'mu').exec(control)?.[1] ?? '';
  const [name, version] = [field('Package'), field('Version')];
  return { name, version, purl: `pkg:deb/debian/${encode(name)}@${encode(version)}?arch=${field('Architecture')}` };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
}

/** From an npm package's package.json. */
export function npmPart(json: string): Part {
  const { name, version, license } = JSON.parse(json) as Manifest;
  const purl = `pkg:npm/${name.replace('@', '%40')}@${encode(version)}`;
  return { name, version, purl, ...(typeof license === 'string' && license !== '' ? { license } : {}) };
}

const idOf = (purl: string): string => `SPDXRef-${createHash('sha256').update(purl).digest('hex').slice(0, 16)}`;

/** Characters and words of an SPDX expression; free text such as "SEE LICENSE IN x" is none. */
const EXPRESSION = /^\(?[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+()-]+)*\)?$/u;

function packageOf({ name, version, license, purl }: Part): object {
  return {
    SPDXID: idOf(purl),
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: license !== undefined && EXPRESSION.test(license) ? license : 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  };
}

/** The document: the image contains each part. The same image gives the same document. */
export function spdx({ name, version, created, parts }: Image): object {
  const image: Part = { name, version, license: 'Apache-2.0', purl: `pkg:oci/${name}?tag=${encode(version)}` };
  const sorted = parts.toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
  const content = createHash('sha256').update(sorted.map(({ purl }) => purl).join('\n'));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${name}-${version}`,
    documentNamespace: `https://namewall.dev/spdx/${name}-${version}-${content.digest('hex')}`,
    creationInfo: { created: created.toISOString().replace(/\.\d+/u, ''), creators: ['Tool: namewall-sbom'] },
    packages: [image, ...sorted].map(packageOf),
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: idOf(image.purl) },
      ...sorted.map(({ purl }) => ({
        spdxElementId: idOf(image.purl),
        relationshipType: 'CONTAINS',
        relatedSpdxElement: idOf(purl),
      })),
    ],
  };
}
