/** The command line, as commander reads it. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Argument, Command, CommanderError, Option } from 'commander';
import { DEFAULT_ROOT } from '@namewall/datapath';
import { type DetachOptions, detach, unchain } from './commands/detach.ts';
import { endpoints } from './commands/endpoints.ts';
import { PROTOCOL_NAMES, explain } from './commands/explain.ts';
import { host } from './commands/host.ts';
import { names } from './commands/names.ts';
import { POSITIONS, type Position, node } from './commands/node.ts';
import { type NodesOptions, nodes } from './commands/nodes.ts';
import { observe } from './commands/observe.ts';
import { status } from './commands/status.ts';
import { validate } from './commands/validate.ts';
import { CliError, describeError } from './errors.ts';
import type { GlobalOptions, Io, OutputOptions } from './io.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');

const output = (): Option =>
  new Option('-o, --output <format>', 'for people or for machines').choices(['table', 'json']).default('table');

type Shown = (options: GlobalOptions & OutputOptions, io: Io) => Promise<void>;

const SHOWN: readonly (readonly [name: string, description: string, run: Shown])[] = [
  ['status', 'how agent, operator connection and maps stand', status],
  ['endpoints', 'the pods of this node, their policies and hooks', endpoints],
  ['names', 'what the pods have learned: names, addresses, expiry', names],
  ['observe', 'queries, answers and verdicts as they happen, until Ctrl-C', observe],
];

function buildProgram(version: string, io: Io, exit: (code: number) => void): Command {
  const program = new Command('namewallctl')
    .description(
      'Looks at Namewall on this node. What the agent cannot tell because it is not running is read from the pins.',
    )
    .version(version)
    .option('--socket <path>', "the agent's socket", '/run/namewall/agent.sock')
    .option('--pin-root <dir>', 'where maps and programs are pinned', DEFAULT_ROOT)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err });
  const globals = (): GlobalOptions => program.opts<GlobalOptions>();
  program
    .command('validate')
    .description('check policies, pods and configuration; exit 1 when something is wrong')
    .requiredOption('-f, --filename <path>', 'a YAML file, or a folder of them')
    .action(({ filename }: { filename: string }) => validate(filename, io));
  for (const [name, description, show] of SHOWN) {
    program
      .command(name)
      .description(description)
      .addOption(output())
      .action((own: OutputOptions) => show({ ...globals(), ...own }, io));
  }
  program
    .command('explain')
    .description(
      "would this pod's question or connection be let through, and why; nothing is sent. " +
        'Exit code: 0 allowed, 1 denied, 2 it could not be told',
    )
    .argument('<endpoint>', 'namespace/pod, its number on this node, or its UID')
    .argument('<what>', 'NAME, NAME:PORT, ADDRESS or ADDRESS:PORT')
    .addOption(new Option('--protocol <protocol>', 'of the connection (default: TCP)').choices(PROTOCOL_NAMES))
    .addOption(output())
    .action(async (pod: string, what: string, own: OutputOptions & { protocol?: string }) => {
      exit(await explain(pod, what, { ...globals(), ...own }, io));
    });
  program
    .command('node')
    .description(
      'switch this node, whatever the operator says and whether the agent runs or not; see docs/break-glass.md',
    )
    .addArgument(new Argument('<position>', 'on: as the operator says').choices(POSITIONS))
    .option('--state-dir <dir>', "the agent's: where the position is kept", '/var/lib/namewall')
    .action((position: Position, own: { stateDir: string }) => node(position, { ...globals(), ...own }, io));
  program
    .command('nodes')
    .description("an operator's nodes: who is connected where, how many pods, what is wrong")
    .requiredOption('--operator <address>', 'tls:HOST:PORT, such as a forwarded port')
    .requiredOption('--operator-ca <file>', "ca.crt of the ConfigMap namewall-ca, in the operator's namespace")
    .requiredOption('--token <file>', 'of somebody who may get nodes.namewall.dev: see kubectl create token')
    .addOption(output())
    .action((own: NodesOptions) => nodes(own, io));
  program
    .command('detach')
    .description('remove every hook and pin: nothing is enforced afterwards')
    .option('--all', 'yes, all of it', false)
    .option('--state-dir <dir>', "the agent's: what it keeps there goes, too (default: stays)")
    .option('--cni-bin-dir <dir>', "the agent's: the CNI plugin goes, too (default: stays)")
    .option('--cni-conf-dir <dir>', "the agent's: the plugin is taken out of configurations there")
    .action((own: DetachOptions) => detach(globals(), own, io));
  program
    .command('unchain')
    .description('take the CNI plugin out of configurations; its program stays, for pods that came up with it')
    .requiredOption('--cni-conf-dir <dir>', 'where they are; an agent that is given it chains the plugin again')
    .action(({ cniConfDir }: { cniConfDir: string }) => unchain(cniConfDir, io));
  program
    .command('host')
    .description('run operator and agent for this host, from a folder of YAML')
    .requiredOption('--source <dir>', 'policies, pods and configuration')
    .option('--node <name>', "this node's name", hostname())
    .option('--operator-socket <path>', 'where the two meet', '/run/namewall/operator.sock')
    .option('--state-dir <dir>', 'snapshot and lock', '/var/lib/namewall')
    .option('--object <file>', 'the compiled datapath', join(REPOSITORY, 'build/datapath.bpf.o'))
    .addOption(new Option('--hook <how>', 'how to attach').choices(['auto', 'tcx', 'clsact']).default('auto'))
    .action((own: Parameters<typeof host>[0]) => host({ ...globals(), ...own }, io));
  return program;
}

/** Runs one command line. @returns the exit code: 0, 1 it did not work, 2 called wrongly; of `explain` 1 is denied. */
export async function run(args: readonly string[], version: string, io: Io): Promise<number> {
  try {
    let code = 0;
    await buildProgram(version, io, (told) => (code = told)).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (io.signal.aborted) return 0;
    io.err(`${describeError(error)}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}
