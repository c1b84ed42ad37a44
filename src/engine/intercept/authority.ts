// The certificate authority at work: made on first use, followed when another window resets it, and leaves on demand.
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { LruMap } from '../../base/lru-map.ts';
import type { AuthoritySummary } from '../../contract/model.ts';
import { AuthorityFiles, type AuthorityPair } from './authority-files.ts';
import { makeLeaf, subjectOf, type Issuer } from './certificate.ts';

/** ms for which the folder is not looked at again. */
const TRUSTED_FOR = 1000;
/** ms before its end at which a certificate is no longer used. */
const MARGIN = 24 * 60 * 60 * 1000;
/** What one context of OpenSSL takes (measured: 47 KiB), and what all of them may take; in bytes. */
const CONTEXT_SIZE = 48 * 1024;
const CONTEXTS_SIZE = 16 * 1024 * 1024;

interface Current {
  readonly version: string | undefined;
  readonly pair: AuthorityPair;
  readonly issuer: Issuer;
  readonly summary: Omit<AuthoritySummary, 'exported'>;
  /** One key for all leaves: making one costs more than signing. */
  readonly leafKey: KeyObject;
  readonly leafKeyPem: string;
}

interface Leaf {
  readonly context: SecureContext;
  readonly validTo: number;
}

export class Authority {
  readonly #files: AuthorityFiles;
  readonly #clock: Clock;
  readonly #leaves = new LruMap<string, Leaf>(CONTEXTS_SIZE);
  #current: Current | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #exported = false;

  constructor(directory: string, clock: Clock) {
    this.#files = new AuthorityFiles(directory);
    this.#clock = clock;
  }

  /** Whether the certificate was given to a client since it was made. */
  get exported(): boolean {
    this.#look();
    return this.#exported;
  }

  /** Makes it where there is none. Throws where the folder cannot be used. */
  ensure(): void {
    this.#use();
  }

  /** The certificate as PEM; made where there is none. Throws where the folder cannot be used. */
  get certificate(): string {
    return this.#use().pair.certificate;
  }

  /** What there is to say about it; made where there is none. */
  summary(): AuthoritySummary {
    const { summary } = this.#use();
    return { ...summary, exported: this.exported };
  }

  /** From now on clients may know it. */
  markExported(): AuthoritySummary {
    const { summary } = this.#use();
    this.#files.markExported();
    this.#exported = true;
    return { ...summary, exported: true };
  }

  /** A new one in the place of the old one. */
  reset(): AuthoritySummary {
    this.#take(this.#files.replace(this.#clock.wall()));
    return this.summary();
  }

  /** What a TLS server for this name or address runs on, with its own session tickets. */
  contextFor(host: string): SecureContext {
    const current = this.#use();
    const now = this.#clock.wall();
    const known = this.#leaves.get(host);
    if (known !== undefined && known.validTo - MARGIN > now) return known.context;
    const cert = makeLeaf(host, current.leafKey, current.issuer, now);
    // No list of roots: no client certificate is asked for.
    const context = createSecureContext({ key: current.leafKeyPem, cert, ca: [] });
    this.#leaves.set(host, { context, validTo: Date.parse(new X509Certificate(cert).validTo) }, CONTEXT_SIZE);
    return context;
  }

  #use(): Current {
    this.#look();
    const now = this.#clock.wall();
    if (this.#current === undefined) return this.#take(this.#files.make(now));
    if (this.#current.issuer.validTo - MARGIN > now) return this.#current;
    return this.#take(this.#files.replace(now));
  }

  /** Another window may have made, replaced or exported it. */
  #look(): void {
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt < TRUSTED_FOR) return;
    this.#lookedAt = now;
    this.#exported = this.#files.isExported();
    const version = this.#files.version();
    if (version === this.#current?.version) return;
    const pair = this.#files.read();
    if (pair === undefined) this.#forget();
    else this.#take(pair);
  }

  #forget(): void {
    this.#current = undefined;
    this.#leaves.clear();
  }

  #take(pair: AuthorityPair): Current {
    this.#forget();
    const certificate = new X509Certificate(pair.certificate);
    const validFrom = Date.parse(certificate.validFrom);
    const validTo = Date.parse(certificate.validTo);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const current: Current = {
      version: this.#files.version(),
      pair,
      issuer: { key: pair.key, name: subjectOf(certificate.raw), validFrom, validTo },
      summary: {
        name: /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? certificate.subject,
        fingerprint: certificate.fingerprint256,
        validFrom,
        validTo,
        path: this.#files.certificatePath,
        pem: pair.certificate,
      },
      leafKey: privateKey,
      leafKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
    this.#current = current;
    this.#exported = this.#files.isExported();
    this.#lookedAt = this.#clock.monotonic();
    return current;
  }
}
