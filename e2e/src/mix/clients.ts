import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PORTS } from '../lab/addresses.ts';
import type { Outcome } from '../lab/command.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabProcess } from '../lab/lab-process.ts';
import type { Pod } from '../lab/pod.ts';
import { python } from './programs.ts';
import { COMMITTED, type Service, type Services, nameOf } from './services.ts';

/** How one attempt ended, in the client's own words where it is none of the first three. */
export type Attempt = 'served' | 'name refused' | 'refused' | (string & {});

/** Clients that look their service up and connect anew each time. */
export class Clients {
  readonly #lab: Lab;
  readonly #pod: Pod;
  readonly #ca: string;
  readonly #quic: LabProcess;

  constructor(lab: Lab, pod: Pod, { certificate }: Services) {
    this.#lab = lab;
    this.#pod = pod;
    this.#ca = certificate.ca;
    this.#quic = pod.start('quic', python('quic_end.py', 'client', certificate.ca));
  }

  async attempt(service: Exclude<Service, 'store' | 'socket'>): Promise<Attempt> {
    switch (service) {
      case 'web':
        return read(await this.#curl(`http://${nameOf(service)}/`, '--http1.1'), `${nameOf(service)} at `);
      case 'secure':
        return read(await this.#curl(`https://${nameOf(service)}/`, '--cacert', this.#ca), `${nameOf(service)} at `);
      case 'git':
        return this.#clone();
      case 'mail':
        return read(await this.#pod.exec(['sh', '-c', `printf 'Subject: lab\\n\\nmail\\n' | ${MSMTP}`]));
      default: {
        const said = await this.#quic.ask(`dial ${nameOf(service)} ${PORTS.quic}`);
        return (JSON.parse(said) as { outcome: Attempt }).outcome;
      }
    }
  }

  #curl(url: string, ...flags: string[]): Promise<Outcome> {
    return this.#pod.exec(['curl', '-sS', '--max-time', '20', ...flags, url]);
  }

  async #clone(): Promise<Attempt> {
    const to = this.#lab.run.file('clone');
    rmSync(to, { recursive: true, force: true });
    const known = `-o UserKnownHostsFile=${this.#lab.run.file('known_hosts')} -o StrictHostKeyChecking=yes`;
    const ssh = `ssh -F /dev/null -i ${this.#lab.run.file('client.key')} ${known} -o ConnectTimeout=20`;
    const url = `ssh://root@${nameOf('git')}${this.#lab.run.file('repository.git')}`;
    const outcome = read(await this.#pod.exec(['env', `GIT_SSH_COMMAND=${ssh}`, 'git', 'clone', '-q', url, to]));
    if (outcome !== 'served') return outcome;
    return readFileSync(path.join(to, 'file'), 'utf8') === COMMITTED ? 'served' : 'another file than was committed';
  }
}

const MSMTP = `msmtp --host=${nameOf('mail')} --port=${PORTS.smtp} --from=pod@mix.example --timeout=20 to@mix.example`;

/** Every client says by its resolver's and its kernel's messages what happened. */
function read({ code, stdout, stderr }: Outcome, expected = ''): Attempt {
  if (code === 0) return stdout.includes(expected) ? 'served' : `another answer: ${stdout}`;
  if (/could not resolve|cannot locate host|temporary failure in name resolution/i.test(stderr)) return 'name refused';
  if (/connection refused|couldn't connect to server|could not connect/i.test(stderr)) return 'refused';
  return `${code}: ${stderr.trim()}`;
}
