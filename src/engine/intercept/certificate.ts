// Makes X.509 certificates (RFC 5280) with ECDSA and P-256: the authority of this machine, and leaves for names and addresses.
import { createHash, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { der, partsOf } from './der.ts';

const DAY = 24 * 60 * 60 * 1000;
/** Clocks differ: what is made now is valid since yesterday. */
const SINCE = DAY;
/** What Apple's and other clients accept of an authority that a user added. */
const AUTHORITY_DAYS = 825;
/** CA/Browser Forum, SC-081: 200 days from March 2026 on. */
const LEAF_DAYS = 199;
/** RFC 5280 appendix A: ub-common-name. */
const LONGEST_COMMON_NAME = 64;

const identifiers = {
  ecdsaWithSha256: der.identifier('1.2.840.10045.4.3.2'),
  commonName: der.identifier('2.5.4.3'),
  organization: der.identifier('2.5.4.10'),
  subjectKey: der.identifier('2.5.29.14'),
  keyUsage: der.identifier('2.5.29.15'),
  subjectNames: der.identifier('2.5.29.17'),
  constraints: der.identifier('2.5.29.19'),
  authorityKey: der.identifier('2.5.29.35'),
  extendedUsage: der.identifier('2.5.29.37'),
  serverAuthentication: der.identifier('1.3.6.1.5.5.7.3.1'),
};

const algorithm = der.sequence(identifiers.ecdsaWithSha256);

/** Who signs: its key, its name as it stands in its certificate, and from when to when it is valid (ms since 1970). */
export interface Issuer {
  readonly key: KeyObject;
  readonly name: Buffer;
  readonly validFrom: number;
  readonly validTo: number;
}

interface Draft {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  readonly validFrom: number;
  readonly validTo: number;
  readonly extensions: readonly Buffer[];
}

function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** RFC 7093 §2, method 1: the leftmost 160 bits of the SHA-256 of the key's bits. */
function keyIdentifier(publicKey: Buffer): Buffer {
  const bits = partsOf(publicKey)[1] ?? Buffer.alloc(0);
  // Tag, length, and the count of unused bits stand before the point itself.
  return createHash('sha256').update(bits.subarray(3)).digest().subarray(0, 20);
}

function nameOf(commonName: string | undefined): Buffer {
  const attribute = (identifier: Buffer, text: string): Buffer => der.set(der.sequence(identifier, der.text(text)));
  if (commonName === undefined) return der.sequence();
  return der.sequence(attribute(identifiers.organization, 'Wirelens'), attribute(identifiers.commonName, commonName));
}

function extension(identifier: Buffer, critical: boolean, value: Buffer): Buffer {
  return der.sequence(identifier, ...(critical ? [der.true] : []), der.octets(value));
}

/** The version is 3, and the serial number has 126 bits of chance (RFC 5280 §4.1.2.2). */
function signed(draft: Draft, key: KeyObject): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const unsigned = der.sequence(
    der.around(0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    algorithm,
    draft.issuer,
    der.sequence(der.time(draft.validFrom), der.time(draft.validTo)),
    draft.subject,
    draft.publicKey,
    der.around(3, der.sequence(...draft.extensions)),
  );
  return der.sequence(unsigned, algorithm, der.bits(sign('sha256', unsigned, key)));
}

function pemOf(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** The subject of a certificate as its bytes stand there: what its leaves name as their issuer must be equal to it. */
export function subjectOf(certificate: Buffer): Buffer {
  const [content] = partsOf(certificate);
  // Version, serial number, algorithm, issuer, validity, subject.
  const subject = content === undefined ? undefined : partsOf(content)[5];
  if (subject === undefined) throw new TypeError('This is no certificate of version 3.');
  return subject;
}

/** A certificate that signs itself, as PEM, valid for 825 days; `now` in ms since 1970. */
export function makeAuthority(key: KeyObject, machine: string, now: number): string {
  const day = new Date(now).toISOString().slice(0, 10);
  const room = LONGEST_COMMON_NAME - `Wirelens CA ( ${day})`.length;
  const name = nameOf(`Wirelens CA (${machine.slice(0, room)} ${day})`);
  const publicKey = publicKeyOf(key);
  const validFrom = now - SINCE;
  const draft: Draft = {
    issuer: name,
    subject: name,
    publicKey,
    validFrom,
    validTo: validFrom + AUTHORITY_DAYS * DAY - 1000,
    extensions: [
      // May sign leaves, but no other authority.
      extension(identifiers.constraints, true, der.sequence(der.true, der.integer(Buffer.from([0])))),
      // keyCertSign and cRLSign.
      extension(identifiers.keyUsage, true, der.bits(Buffer.from([0x06]), 1)),
      extension(identifiers.subjectKey, false, der.octets(keyIdentifier(publicKey))),
    ],
  };
  return pemOf(signed(draft, key));
}

/** Addresses as their octets (RFC 5280 §4.2.1.6). */
function addressOctets(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [front = '', back] = shortest.split('::');
  const groups = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(':'));
  const [before, after] = [groups(front), groups(back)];
  const missing: string[] = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const octets = Buffer.alloc(16);
  [...before, ...missing, ...after].forEach((group, index) =>
    octets.writeUInt16BE(Number.parseInt(group, 16), index * 2),
  );
  return octets;
}

function alternativeName(host: string): Buffer {
  return isIP(host) === 0 ? der.instead(2, Buffer.from(host, 'latin1')) : der.instead(7, addressOctets(host));
}

/** A server's certificate for one name or address, as PEM, valid for 199 days but no longer than its issuer. */
export function makeLeaf(host: string, key: KeyObject, issuer: Issuer, now: number): string {
  const commonName = host.length <= LONGEST_COMMON_NAME ? host : undefined;
  const publicKey = publicKeyOf(key);
  const validFrom = Math.max(now - SINCE, issuer.validFrom);
  const draft: Draft = {
    issuer: issuer.name,
    subject: nameOf(commonName),
    publicKey,
    validFrom,
    validTo: Math.min(validFrom + LEAF_DAYS * DAY - 1000, issuer.validTo),
    extensions: [
      extension(identifiers.constraints, true, der.sequence()),
      // digitalSignature
      extension(identifiers.keyUsage, true, der.bits(Buffer.from([0x80]), 7)),
      extension(identifiers.extendedUsage, false, der.sequence(identifiers.serverAuthentication)),
      // Critical where there is no other name (RFC 5280 §4.2.1.6).
      extension(identifiers.subjectNames, commonName === undefined, der.sequence(alternativeName(host))),
      extension(identifiers.subjectKey, false, der.octets(keyIdentifier(publicKey))),
      extension(identifiers.authorityKey, false, der.sequence(der.instead(0, keyIdentifier(publicKeyOf(issuer.key))))),
    ],
  };
  return pemOf(signed(draft, issuer.key));
}
