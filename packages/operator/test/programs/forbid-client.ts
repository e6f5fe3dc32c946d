/** Preloaded, it makes a process fail that loads what only the Kubernetes source may load. */
import { registerHooks } from 'node:module';

const FORBIDDEN: ReadonlySet<string> = new Set(['@kubernetes/client-node', '@dot-i/k8s-operator', 'undici']);

registerHooks({
  resolve(specifier, context, next) {
    if (FORBIDDEN.has(specifier)) throw new Error(`loads ${specifier}`);
    return next(specifier, context);
  },
});
