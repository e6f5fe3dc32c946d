import { join } from 'node:path';
import protobuf from 'protobufjs';

/** Where proto/ stands, seen from here. */
const PROTO_ROOT = join(import.meta.dirname, '../../../proto');
const PROTO_FILES = [
  'namewall/v1/stream.proto',
  'namewall/v1/observer.proto',
  'namewall/v1/enrolment.proto',
  'namewall/v1/replicas.proto',
  'namewall/v1/admin.proto',
];

function load(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(PROTO_ROOT, target);
  root.loadSync(PROTO_FILES);
  root.resolveAll();
  return root;
}

const root = load();

/** The description of a message of package namewall.v1. */
export function messageType(name: string): protobuf.Type {
  return root.lookupType(`namewall.v1.${name}`);
}

/** The description of a service of package namewall.v1. */
export function service(name: string): protobuf.Service {
  return root.lookupService(`namewall.v1.${name}`);
}
