import { mustRun } from '../lab/command.ts';
import type { RunDirectory } from '../lab/run-directory.ts';

export interface Certificate {
  /** Signs `cert`; what clients are told to trust. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of this run and a certificate of its for every name under `mix.example`. */
export async function makeCertificate(run: RunDirectory): Promise<Certificate> {
  const [ca, caKey, cert, key] = ['ca.crt', 'ca.key', 'server.crt', 'server.key'].map((name) => run.file(name)) as [
    string,
    string,
    string,
    string,
  ];
  const request = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const days = ['-days', '2'];
  await mustRun([...request, ...days, '-subj', '/CN=Lab CA', '-keyout', caKey, '-out', ca]);
  const names = ['-subj', '/CN=mix.example', '-addext', 'subjectAltName=DNS:*.mix.example'];
  const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', ca, '-CAkey', caKey];
  await mustRun([...request, ...days, ...names, ...leaf, '-keyout', key, '-out', cert]);
  return { ca, cert, key };
}
