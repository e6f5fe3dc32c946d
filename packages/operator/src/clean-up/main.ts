/** `namewall-operator await-clean`: the last step of the chart's uninstall. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { OperatorError, messageOf } from '../errors.ts';
import { connect } from '../kubernetes/start.ts';
import { awaitClean } from './await.ts';

/** Milliseconds between two looks. */
const EVERY = 1000;

const USAGE = `Usage: namewall-operator await-clean --namespace NAME --daemonset NAME [--kubeconfig FILE]

Ends with 0 once every pod of the DaemonSet is ready.`;

/** @throws OperatorError */
export async function awaitCleanMain(args: readonly string[]): Promise<void> {
  const { namespace, daemonset, kubeconfig, help } = parse(args);
  if (help) {
    console.log(USAGE);
    return;
  }
  if (namespace === undefined || daemonset === undefined) throw new OperatorError('USAGE', USAGE);
  const { http } = connect(kubeconfig);
  const say = (text: string): void => console.log(text);
  await awaitClean({ api: http, namespace, name: daemonset, again: () => delay(EVERY), say });
  await http.close();
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { namespace: text, daemonset: text, kubeconfig: text, help: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new OperatorError('USAGE', `${messageOf(error)}; see await-clean --help`, { cause: error });
  }
}
