import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PORTS, SERVERS } from '../lab/addresses.ts';
import { mustRun } from '../lab/command.ts';
import type { LabProcess } from '../lab/lab-process.ts';
import type { Lab } from '../lab/lab.ts';
import { LogLines } from '../lab/log-lines.ts';
import { until } from '../lab/until.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { program, python } from './programs.ts';

/** The services of the mix, by the first label of their names. */
export const SERVICES = ['web', 'secure', 'quic', 'git', 'store', 'mail', 'socket'] as const;
export type Service = (typeof SERVICES)[number];

export const nameOf = (service: Service): string => `${service}.mix.example`;

/** What a repository of the lab holds. */
export const COMMITTED = 'numbered\n';

/** Real servers in the lab's internet, each with its own count of what it has served. */
export class Services {
  readonly certificate: Certificate;
  readonly #lab: Lab;
  readonly #secure: LabProcess;
  readonly #quic: LabProcess;
  readonly #mail: LabProcess;
  readonly #socket: LabProcess;
  readonly #logins: LogLines;

  private constructor(lab: Lab, certificate: Certificate) {
    this.#lab = lab;
    this.certificate = certificate;
    const { cert, key } = certificate;
    const start = (name: string, argv: string[]): LabProcess => lab.startInInternet(name, argv, { converse: true });
    this.#secure = start('tls-server', [...program('tls-server.ts'), String(PORTS.https), cert, key]);
    this.#quic = start('quic-server', python('quic_end.py', 'server', String(PORTS.quic), cert, key, SERVERS.quic.v4));
    this.#mail = start('mail-server', python('mail_server.py', String(PORTS.smtp)));
    this.#socket = start('socket-server', [...program('socket-server.ts'), String(PORTS.socket)]);
    lab.startInInternet('redis', redisArgv(lab));
    this.#logins = new LogLines(lab.startInInternet('ssh-server', sshArgv(lab)).log, 'Pubkey auth succeeded');
  }

  /** Ready when every one of them answers. */
  static async start(lab: Lab): Promise<Services> {
    const certificate = await makeCertificate(lab.run);
    await makeRepository(lab);
    const services = new Services(lab, certificate);
    await Promise.all([services.served('secure'), services.served('quic'), services.served('mail')]);
    await until('redis', async () => (await services.served('store')) === 0);
    return services;
  }

  /** How often a service has served by its own count; messages where it has connections that stay. */
  async served(service: Exclude<Service, 'web'>): Promise<number> {
    switch (service) {
      case 'secure':
      case 'mail':
        return (await ask(service === 'secure' ? this.#secure : this.#mail))['served'] ?? 0;
      case 'quic':
      case 'socket':
        return sound(await ask(service === 'quic' ? this.#quic : this.#socket));
      case 'git':
        return this.#logins.count;
      default:
        return this.#increments();
    }
  }

  /** Nothing that a service has sent over TCP waits for its client to acknowledge it. */
  async acknowledged(): Promise<void> {
    const argv = ['nsenter', `--net=${this.#lab.internet.path}`, 'ss', '--tcp', '--numeric', '--no-header'];
    const unacknowledged = (line: string): boolean => Number(line.trim().split(/\s+/u)[2] ?? 0) > 0;
    await until('every client to acknowledge', async () => !(await mustRun(argv)).split('\n').some(unacknowledged));
  }

  async #increments(): Promise<number> {
    const argv = ['redis-cli', '-h', SERVERS.store.v4, '-p', String(PORTS.redis), 'get', 'work'];
    return Number(await mustRun(['nsenter', `--net=${this.#lab.internet.path}`, ...argv]));
  }
}

const ask = async (server: LabProcess): Promise<Record<string, number>> =>
  JSON.parse(await server.ask('report')) as Record<string, number>;

function sound({ received = 0, wrong = 0 }: Record<string, number>): number {
  if (wrong > 0) throw new Error(`${wrong} of ${received} messages came out of order`);
  return received;
}

function redisArgv(lab: Lab): string[] {
  const network = ['--port', String(PORTS.redis), '--bind', '0.0.0.0', '::', '--protected-mode', 'no'];
  return ['redis-server', ...network, '--save', '', '--appendonly', 'no', '--dir', lab.run.path];
}

/** The home of root in the server's own mount namespace is a folder of the run. */
function sshArgv(lab: Lab): string[] {
  const script = 'mount --bind "$1" /root && exec dropbear -F -E -s -p "$2" -r "$3"';
  const args = [lab.run.file('ssh-home'), String(PORTS.ssh), lab.run.file('host.key')];
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', ...args];
}

/** The repository, the server's and the client's keys; git and ssh read nothing of this machine's configuration. */
async function makeRepository(lab: Lab): Promise<void> {
  const home = lab.run.file('ssh-home', '.ssh');
  const work = lab.run.file('work');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  mkdirSync(work);
  await mustRun(['dropbearkey', '-t', 'ed25519', '-f', lab.run.file('host.key')]);
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', lab.run.file('client.key')]);
  writeFileSync(path.join(home, 'authorized_keys'), readFileSync(lab.run.file('client.key.pub')), { mode: 0o600 });
  const host = /^ssh-ed25519 \S+/m.exec(await mustRun(['dropbearkey', '-y', '-f', lab.run.file('host.key')]))?.[0];
  writeFileSync(lab.run.file('known_hosts'), `${nameOf('git')} ${host ?? ''}\n`);
  writeFileSync(path.join(work, 'file'), COMMITTED);
  const git = ['git', '-C', work, '-c', 'user.name=lab', '-c', 'user.email=lab@mix.example'];
  await mustRun([...git, 'init', '-q', '-b', 'main']);
  await mustRun([...git, 'add', 'file']);
  await mustRun([...git, 'commit', '-q', '-m', 'One file']);
  await mustRun(['git', 'clone', '-q', '--bare', work, lab.run.file('repository.git')]);
}
