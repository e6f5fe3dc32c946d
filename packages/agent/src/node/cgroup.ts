/** Where the cgroup2 hierarchy is mounted: nowhere fixed on hosts that also have version 1. */

/** The mount point of the first cgroup2 file system in /proc/mounts, or undefined. */
export function cgroupRoot(mounts: string): string | undefined {
  const mount = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type === 'cgroup2');
  // Blanks in a path are written in octal.
  return mount?.[1]?.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}
