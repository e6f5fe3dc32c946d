import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Entry, writeArchive } from './cpio.ts';
import { guestFiles } from './image.ts';
import { readConsole, type Report } from './report.ts';

/** A kernel image and its modules, as scripts/setup.sh puts them there. */
const KERNEL = resolve(import.meta.dirname, '../../../.toolchain/linux-6.1');
/** A plain processor with what Node needs. With `max`, which has memory protection keys, V8 (Node 26.10) aborts at times. */
const CPU = 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16';
/** A warning of the kernel ends the run; that its processors wait for ours is none. */
const ARGUMENTS = 'console=ttyS0 quiet panic=-1 oops=panic panic_on_warn=1 no_timer_check nowatchdog';

/** What a guest said and cost. */
export interface Guest extends Report {
  readonly console: string;
  /** Seconds from the start of qemu to its end. */
  readonly seconds: number;
  /** It did not end by itself. */
  readonly late: boolean;
}

export interface Boot {
  /** Lines of bash that init.sh runs. */
  readonly stages: string;
  /** Files that these need beside the repository's. */
  readonly files?: readonly Entry[];
  /** Seconds after which the machine is ended. */
  readonly deadline: number;
  /** Is given each line as the guest says it. */
  readonly onLine?: (line: string) => void;
}

/**
 * Boots Linux 6.1 without network or disk, always emulated (a /dev/kvm inside a virtual machine may not carry it),
 * and runs the stages in it.
 */
export async function bootGuest({ stages, files = [], deadline, onLine }: Boot): Promise<Guest> {
  const kernel = join(KERNEL, 'vmlinuz');
  if (!existsSync(kernel)) {
    throw new Error(
      `no ${kernel}: make setup takes it from Debian 12's package linux-image-cloud-amd64. Where apt did not have it,` +
        ` remove ${KERNEL} and run make setup again`,
    );
  }
  const modules = readdirSync(join(KERNEL, 'modules')).map((name) => join(KERNEL, 'modules', name));
  const init = readFileSync(join(import.meta.dirname, 'init.sh'), 'utf8');
  const folder = await mkdtemp(join(tmpdir(), 'namewall-guest-'));
  try {
    const root = join(folder, 'root.cpio');
    writeArchive(root, [
      ...guestFiles(init, modules),
      { path: 'stages.sh', content: { kind: 'text', text: stages, executable: false } },
      ...files,
    ]);
    return await run(machine(kernel, root), deadline, onLine);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function machine(kernel: string, root: string): string[] {
  const accel = ['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', CPU, '-smp', '2', '-m', '2048'];
  const bare = ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'];
  return ['qemu-system-x86_64', ...accel, ...bare, '-kernel', kernel, '-initrd', root, '-append', ARGUMENTS];
}

async function run(argv: readonly string[], deadline: number, onLine: Boot['onLine']): Promise<Guest> {
  const started = performance.now();
  // timeout ends the machine also when nobody is left to do so.
  const child = spawn('timeout', ['--kill-after=5', String(deadline), ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => {
    lines.push(line);
    onLine?.(line);
  });
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  const console = lines.join('\n');
  return { console, seconds: (performance.now() - started) / 1000, late: code === 124, ...readConsole(console) };
}
