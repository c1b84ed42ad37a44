// What the engine's settings depend on beside our own: the editor's proxy, the environment, and secrets.
import * as vscode from 'vscode';
import {
  resolveSettings,
  type EngineSettings,
  type SettingSurroundings,
  type UserSettings,
} from '../../contract/settings.ts';
import { chooseProxy, proxyName, type ProxyChoice, type ProxyCredentials } from '../../contract/upstream.ts';

/** Where the credentials of a proxy are kept; bound to its name, so that no other proxy ever gets them. */
function credentialsKey(proxy: string): string {
  return `upstreamProxy:${proxy}`;
}

function passphraseKey(file: string): string {
  return `clientCertificate:${file}`;
}

/** Workspaces must not decide where traffic goes: only what the user set counts. */
function editorProxy(): { readonly proxy: string; readonly noProxy: readonly string[] } {
  const http = vscode.workspace.getConfiguration('http');
  const proxy = http.inspect<string>('proxy')?.globalValue;
  const noProxy = http.inspect<readonly string[]>('noProxy')?.globalValue;
  return { proxy: typeof proxy === 'string' ? proxy : '', noProxy: Array.isArray(noProxy) ? noProxy : [] };
}

export class EngineSurroundings {
  readonly #secrets: vscode.SecretStorage;
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();

  constructor(secrets: vscode.SecretStorage, warn: (message: string) => void) {
    this.#secrets = secrets;
    this.#warn = warn;
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
      if (!this.#warned.has(problem)) this.#warn(problem);
      this.#warned.add(problem);
    }
    const credentials = new Map<string, ProxyCredentials>();
    for (const proxy of this.proxies(user)) {
      const kept = await this.#secrets.get(credentialsKey(proxy));
      if (kept !== undefined) credentials.set(proxy, JSON.parse(kept) as ProxyCredentials);
    }
    const passphrases = new Map<string, string | undefined>();
    for (const one of user['https.clientCertificates']) {
      const file = one.pfxFile ?? one.keyFile ?? '';
      passphrases.set(file, await this.#secrets.get(passphraseKey(file)));
    }
    return resolveSettings(user, undefined, {
      ...this.#plain(),
      credentials: (proxy) => credentials.get(proxy),
      passphrase: (file) => passphrases.get(file),
    });
  }

  /** Undefined forgets them. */
  async keepCredentials(proxy: string, credentials: ProxyCredentials | undefined): Promise<void> {
    if (credentials === undefined) await this.#secrets.delete(credentialsKey(proxy));
    else await this.#secrets.store(credentialsKey(proxy), JSON.stringify(credentials));
  }

  /** An empty one forgets it. */
  async keepPassphrase(file: string, passphrase: string): Promise<void> {
    if (passphrase === '') await this.#secrets.delete(passphraseKey(file));
    else await this.#secrets.store(passphraseKey(file), passphrase);
  }

  #plain(): SettingSurroundings {
    return { environment: process.env, editor: editorProxy() };
  }

  #choose(user: UserSettings): ProxyChoice {
    return chooseProxy(user, this.#plain());
  }
}
