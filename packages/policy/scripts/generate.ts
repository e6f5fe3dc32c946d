/** Writes crds/, the CustomResourceDefinitions of our kinds, from src/schema, and what the chart has of src. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { customResourceDefinitions } from '../src/crd/definitions.ts';
import { PROVIDERS, SHARED_SUFFIXES } from '../src/validate/shared-suffixes.ts';

const CRDS = join(import.meta.dirname, '../crds');
const CHART = join(import.meta.dirname, '../../../charts/namewall/files');
const HEADER = '# From packages/policy/src/schema; written by `make generate`.\n';

for (const folder of [CRDS, join(CHART, 'crds')]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
}
for (const definition of customResourceDefinitions()) {
  const text = stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false });
  for (const folder of [CRDS, join(CHART, 'crds')]) {
    writeFileSync(join(folder, `${definition.metadata.name}.yaml`), HEADER + text);
  }
}
const shared = { suffixes: [...SHARED_SUFFIXES], providers: [...PROVIDERS] };
writeFileSync(
  join(CHART, 'shared-suffixes.yaml'),
  HEADER.replace('schema', 'validate/shared-suffixes.ts') + stringify(shared),
);
