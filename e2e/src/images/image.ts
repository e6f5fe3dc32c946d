import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { capabilities } from '@namewall/libbpf';
import { mustRun } from '../lab/command.ts';

/** What an image says of how it is run. */
interface ImageConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
}

export interface Confinement {
  /** Those that stay; by name, `CAP_BPF`. */
  readonly capabilities: readonly string[];
  /** Folders of the host that are there under the same path. */
  readonly mounts: readonly string[];
}

interface Descriptor {
  readonly digest: string;
}

/** An image of `make images`, unpacked into a folder. */
export class Image {
  readonly root: string;
  readonly config: ImageConfig;

  private constructor(root: string, config: ImageConfig) {
    this.root = root;
    this.config = config;
  }

  /** @param folder where its layers and its root file system go */
  static async unpack(archive: string, folder: string): Promise<Image> {
    const [layout, root] = [path.join(folder, 'layout'), path.join(folder, 'root')];
    for (const each of [layout, root]) mkdirSync(each, { recursive: true });
    await mustRun(['tar', '--extract', `--file=${archive}`, `--directory=${layout}`]);
    const read = (file: string): unknown => JSON.parse(readFileSync(path.join(layout, file), 'utf8'));
    const blob = ({ digest }: Descriptor): string => path.join('blobs', digest.replace(':', '/'));
    const { manifests } = read('index.json') as { manifests: readonly [Descriptor] };
    const manifest = read(blob(manifests[0])) as { config: Descriptor; layers: readonly Descriptor[] };
    for (const layer of manifest.layers) {
      await mustRun(['tar', '--extract', `--file=${path.join(layout, blob(layer))}`, `--directory=${root}`]);
    }
    const { config } = read(blob(manifest.config)) as { config: ImageConfig };
    return new Image(root, config);
  }

  /** The same image with another program as its entry point. */
  running(program: string): Image {
    return new Image(this.root, { ...this.config, Entrypoint: [program] });
  }

  /**
   * The argv that runs its entry point as a container runtime does: a root file system of its own that nobody can
   * write to, its user, these capabilities and no way to others. The process keeps its PID.
   */
  argv({ capabilities: kept, mounts }: Confinement, args: readonly string[]): string[] {
    const dropped = [...capabilities()].filter((name) => !kept.includes(name)).map((name) => name.toLowerCase());
    const [uid = '0', gid = uid] = (this.config.User ?? '0').split(':');
    const confined = ['capsh', `--chroot=${this.root}`, `--drop=${dropped.join(',')}`];
    if (uid !== '0') confined.push(`--gid=${gid}`, '--groups=', `--uid=${uid}`);
    confined.push('--no-new-privs', `--shell=${this.config.Entrypoint[0] ?? ''}`, '--', ...args);
    const env = ['env', '--ignore-environment', ...(this.config.Env ?? [])];
    const mounting = ['unshare', '--mount', '--propagation=private', 'bash', '-c', MOUNT, 'mount', this.root];
    return [...mounting, mounts.join(':'), ...env, '/usr/sbin/capsh', ...confined.slice(1)];
  }
}

/** Takes the root, the folders to have there, and what to run then. */
const MOUNT = `
set -euo pipefail
root=$1 folders=$2
shift 2
mount --bind "$root" "$root"
mount -t tmpfs dev "$root/dev"
for device in null zero urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount --bind /proc "$root/proc"
mount --bind /sys "$root/sys"
IFS=:
for folder in $folders; do
  mkdir -p "$root$folder"
  mount --rbind "$folder" "$root$folder"
done
mount -o remount,bind,ro "$root"
exec "$@"
`;
