import { readFileSync } from 'node:fs';

/** Capabilities by their bit (include/uapi/linux/capability.h), without the prefix CAP_. */
const NAMES = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');

/** The capabilities this process can use now, by name: `CAP_BPF`. */
export function capabilities(): ReadonlySet<string> {
  return parseCapabilities(readFileSync('/proc/self/status', 'utf8'));
}

/** Names of the effective capabilities in the text of a /proc/PID/status. */
export function parseCapabilities(status: string): ReadonlySet<string> {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return new Set(NAMES.filter((_, bit) => (mask & (1n << BigInt(bit))) !== 0n).map((name) => `CAP_${name}`));
}
