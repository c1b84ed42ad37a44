// Certificates for tests: one authority that this process trusts, and leaves that verify or do not.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

const folder = path.join(import.meta.dirname, '..', 'fixtures', 'certificates');

function pem(name: string): string {
  return readFileSync(path.join(folder, `${name}.pem`), 'utf8');
}

/** What a TLS server shows. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

function certificate(name: string): Certificate {
  return { cert: pem(name), key: pem(`${name}-key`) };
}

/** For localhost, 127.0.0.1 and ::1, from the trusted authority. */
export const trusted = certificate('trusted');
/** For `other.test`, from the trusted authority. */
export const otherName = certificate('other-name');
/** For localhost, from nobody that anybody trusts. */
export const unknownAuthority = certificate('unknown');

/** The file of that name, for settings that take files. */
export function certificateFile(name: string): string {
  return path.join(folder, name);
}

/** Of those who sign client certificates: `client.pem`, and with the passphrase `test` its key and a PKCS#12. */
export const clientAuthority = pem('client-authority');

/** Makes this process trust the authority of the tests, as NODE_EXTRA_CA_CERTS would. Before the first TLS connection. */
export function trustTestAuthority(): void {
  setDefaultCACertificates([...getCACertificates('default'), pem('authority')]);
}
