// Whom we trust and what we show: roots of the system and of Node, files of the user, client certificates, TLS sessions.
import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';
import { LruMap } from '../../base/lru-map.ts';
import type { CertificateRecord } from '../../contract/decisions.ts';
import { ProxyError } from '../../contract/errors.ts';
import type { ClientCertificate, UpstreamSettings } from '../../contract/upstream.ts';
import { knownRoots } from './roots.ts';

// Enough for some hundred servers each; bytes.
const SESSION_BUDGET = 1024 * 1024;
const CHAIN_BUDGET = 1024 * 1024;

type Context = tls.SecureContext;

/** A session to resume, with the chain that was verified for it: a resumed connection shows none. */
export interface KeptSession {
  readonly session: Buffer;
  readonly chain: readonly CertificateRecord[];
}

async function read(setting: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ProxyError('tls-file', { setting, file, cause }, error);
  }
}

function sizeOf(chain: readonly CertificateRecord[]): number {
  let size = 0;
  for (const { subject, issuer, names, fingerprint } of chain) {
    size += 200 + 2 * (subject.length + issuer.length + fingerprint.length + names.join().length);
  }
  return size;
}

export class UpstreamTrust {
  #settings: UpstreamSettings;
  #roots: readonly string[] | undefined;
  /** By the file of the client certificate; the empty name has none. */
  #contexts = new Map<string, Context>();
  #making = new Map<string, Promise<Context>>();
  readonly #sessions = new LruMap<string, KeptSession>(SESSION_BUDGET);
  readonly #chains = new LruMap<string, readonly CertificateRecord[]>(CHAIN_BUDGET);

  constructor(settings: UpstreamSettings) {
    this.#settings = settings;
  }

  /** Files are read again, and no earlier session is resumed. */
  configure(settings: UpstreamSettings): void {
    this.#settings = settings;
    this.#contexts = new Map();
    this.#making = new Map();
    this.#sessions.clear();
  }

  /**
   * What a connection with this client certificate trusts and shows; at once from the second time on.
   * @throws ProxyError `tls-file`.
   */
  context(clientCertificate = ''): Context | Promise<Context> {
    const known = this.#contexts.get(clientCertificate);
    if (known !== undefined) return known;
    let making = this.#making.get(clientCertificate);
    if (making === undefined) {
      making = this.#make(clientCertificate, this.#contexts, this.#making);
      this.#making.set(clientCertificate, making);
    }
    return making;
  }

  /** The session to resume for an identity. */
  session(key: string): KeptSession | undefined {
    return this.#sessions.get(key);
  }

  /** Remembers a session of a connection that was verified as its identity demands. */
  keepSession(key: string, kept: KeptSession): void {
    this.#sessions.set(key, kept, kept.session.length + 2 * key.length + sizeOf(kept.chain));
  }

  /** One value for equal chains, told by their fingerprints. */
  sharedChain(chain: readonly CertificateRecord[]): readonly CertificateRecord[] {
    const key = chain.map(({ fingerprint }) => fingerprint).join(' ');
    const known = this.#chains.get(key);
    if (known !== undefined) return known;
    this.#chains.set(key, chain, sizeOf(chain) + 2 * key.length);
    return chain;
  }

  async #make(file: string, contexts: Map<string, Context>, making: Map<string, Promise<Context>>): Promise<Context> {
    try {
      const { extraCaFiles, clientCertificates } = this.#settings;
      this.#roots ??= await knownRoots();
      const authorities = [...this.#roots];
      for (const one of extraCaFiles) authorities.push(await this.#authority(one));
      const shown = clientCertificates.find((one) => (one.pfxFile ?? one.certFile) === file);
      const context = this.#create(authorities, shown === undefined ? {} : await keyOf(shown), file);
      contexts.set(file, context);
      return context;
    } finally {
      making.delete(file);
    }
  }

  async #authority(file: string): Promise<string> {
    const setting = 'wirelens.https.extraCaFiles';
    const text = (await read(setting, file)).toString('latin1');
    try {
      tls.createSecureContext({ ca: text });
    } catch (error) {
      throw new ProxyError('tls-file', { setting, file, cause: (error as Error).message }, error);
    }
    if (!text.includes('-----BEGIN')) throw new ProxyError('tls-file', { setting, file, cause: 'no PEM certificate' });
    return text;
  }

  #create(authorities: string[], shown: tls.SecureContextOptions, file: string): Context {
    try {
      return tls.createSecureContext({ ca: authorities, ...shown });
    } catch (error) {
      const setting = 'wirelens.https.clientCertificates';
      throw new ProxyError('tls-file', { setting, file, cause: (error as Error).message }, error);
    }
  }
}

async function keyOf(one: ClientCertificate): Promise<tls.SecureContextOptions> {
  const setting = 'wirelens.https.clientCertificates';
  const secret = one.passphrase === undefined ? {} : { passphrase: one.passphrase };
  if (one.pfxFile !== undefined) return { pfx: await read(setting, one.pfxFile), ...secret };
  const cert = await read(setting, one.certFile ?? '');
  return { cert, key: await read(setting, one.keyFile ?? ''), ...secret };
}
