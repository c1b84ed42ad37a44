// The authority's files: one key and certificate for all windows and the command line, made once by whoever is first.
import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate, type KeyObject } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { makeAuthority } from './certificate.ts';

/** The key and the certificate as they lie in the folder. */
export interface AuthorityPair {
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
}

/** Key and certificate are one file, so that nobody ever sees one without the other. */
const PAIR = 'ca-key.pem';
/** The certificate alone, for clients. */
const CERTIFICATE = 'ca.pem';
/** There from the moment the certificate was given to somebody until it is replaced. */
const EXPORTED = 'exported';

export class AuthorityFiles {
  readonly #directory: string;

  /** Nothing is made or read yet. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Where the certificate alone lies, for clients that want a file. */
  get certificatePath(): string {
    return path.join(this.#directory, CERTIFICATE);
  }

  /** Changes whenever another authority takes the place of the one that was read; undefined where there is none. */
  version(): string | undefined {
    const found = statSync(this.#path(PAIR), { throwIfNoEntry: false });
    return found === undefined ? undefined : `${found.ino} ${found.mtimeMs} ${found.size}`;
  }

  /** What is there, undefined where there is nothing. Throws where it cannot be read or is no such pair. */
  read(): AuthorityPair | undefined {
    if (!existsSync(this.#path(PAIR))) return undefined;
    const text = readFileSync(this.#path(PAIR), 'utf8');
    const certificate = new X509Certificate(text);
    const key = createPrivateKey(text);
    if (!certificate.ca || !certificate.checkPrivateKey(key) || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new Error(`${this.#path(PAIR)} holds no P-256 key with the certificate of an authority`);
    }
    const pair = { key, certificate: certificate.toString() };
    // Whoever made it may have been stopped half-way.
    if (!existsSync(this.certificatePath)) this.#publish(pair);
    return pair;
  }

  /** Makes a pair, unless somebody else was first: then theirs is taken. */
  make(now: number): AuthorityPair {
    return this.#place(now, (temporary) => {
      try {
        // Fails where the name is taken, and shows the whole file at once where it is not.
        linkSync(temporary, this.#path(PAIR));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    });
  }

  /** Puts a new pair in the place of the old one, which nobody knows yet. */
  replace(now: number): AuthorityPair {
    rmSync(this.#path(EXPORTED), { force: true });
    return this.#place(now, (temporary) => renameSync(temporary, this.#path(PAIR)));
  }

  /** Whether the certificate was given to somebody. */
  isExported(): boolean {
    return existsSync(this.#path(EXPORTED));
  }

  markExported(): void {
    writeFileSync(this.#path(EXPORTED), '', { mode: 0o600 });
  }

  #path(name: string): string {
    return path.join(this.#directory, name);
  }

  #place(now: number, place: (temporary: string) => void): AuthorityPair {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const temporary = this.#write(`${pem}${makeAuthority(privateKey, hostname(), now)}`, 0o600);
    try {
      place(temporary);
    } finally {
      if (existsSync(temporary)) unlinkSync(temporary);
    }
    const pair = this.read();
    if (pair === undefined) throw new Error(`${this.#path(PAIR)} vanished as soon as it was made`);
    this.#publish(pair);
    return pair;
  }

  #publish({ certificate }: AuthorityPair): void {
    renameSync(this.#write(certificate, 0o644), this.certificatePath);
  }

  #write(text: string, mode: number): string {
    const temporary = this.#path(`${randomBytes(8).toString('hex')}.tmp`);
    writeFileSync(temporary, text, { mode, flag: 'wx' });
    // The mode at creation is cut by the umask of the process.
    chmodSync(temporary, mode);
    return temporary;
  }
}
