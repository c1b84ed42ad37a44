// What the engine's settings depend on beside our own: the editor's proxy, the environment, and secrets.
import {
  resolveSettings,
  type EngineSettings,
  type SettingSurroundings,
  type UserSettings,
} from '../../contract/settings.ts';
import {
  chooseProxy,
  proxyName,
  type EditorProxy,
  type ProxyChoice,
  type ProxyCredentials,
} from '../../contract/upstream.ts';

/** Where the credentials of a proxy are kept; bound to its name, so that no other proxy ever gets them. */
function credentialsKey(proxy: string): string {
  return `upstreamProxy:${proxy}`;
}

function passphraseKey(file: string): string {
  return `clientCertificate:${file}`;
}

/** The part of VS Code's secret storage that is needed here. */
interface Secrets {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

interface Sources {
  readonly secrets: Secrets;
  readonly environment: SettingSurroundings['environment'];
  readonly editor: () => EditorProxy;
  /** Told each thing once. */
  readonly warn: (message: string) => void;
}

export class EngineSurroundings {
  readonly #sources: Sources;
  readonly #warned = new Set<string>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** The names of the proxies in use. */
  proxies(user: UserSettings): readonly string[] {
    const { httpProxy, httpsProxy } = this.#choose(user);
    const used = [httpProxy, httpsProxy].filter((proxy) => proxy !== undefined);
    return [...new Set(used.map(proxyName))];
  }

  /** Everything that the engine runs on. */
  async resolve(user: UserSettings): Promise<EngineSettings> {
    for (const problem of this.#choose(user).problems) {
      if (!this.#warned.has(problem)) this.#sources.warn(problem);
      this.#warned.add(problem);
    }
    const credentials = new Map<string, ProxyCredentials>();
    for (const proxy of this.proxies(user)) {
      const kept = await this.#sources.secrets.get(credentialsKey(proxy));
      if (kept !== undefined) credentials.set(proxy, JSON.parse(kept) as ProxyCredentials);
    }
    const passphrases = new Map<string, string | undefined>();
    for (const one of user['https.clientCertificates']) {
      const file = one.pfxFile ?? one.keyFile ?? '';
      passphrases.set(file, await this.#sources.secrets.get(passphraseKey(file)));
    }
    return resolveSettings(user, undefined, {
      ...this.#plain(),
      credentials: (proxy) => credentials.get(proxy),
      passphrase: (file) => passphrases.get(file),
    });
  }

  /** Undefined forgets them. */
  async keepCredentials(proxy: string, credentials: ProxyCredentials | undefined): Promise<void> {
    if (credentials === undefined) await this.#sources.secrets.delete(credentialsKey(proxy));
    else await this.#sources.secrets.store(credentialsKey(proxy), JSON.stringify(credentials));
  }

  /** An empty one forgets it. */
  async keepPassphrase(file: string, passphrase: string): Promise<void> {
    if (passphrase === '') await this.#sources.secrets.delete(passphraseKey(file));
    else await this.#sources.secrets.store(passphraseKey(file), passphrase);
  }

  #plain(): SettingSurroundings {
    const { environment, editor } = this.#sources;
    return { environment, editor: editor() };
  }

  #choose(user: UserSettings): ProxyChoice {
    return chooseProxy(user, this.#plain());
  }
}
