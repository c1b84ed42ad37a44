// How upstream is reached and whom it has to be: proxies on the way, addresses, authorities, client certificates.

/** A proxy between us and upstream. Credentials are for it alone: they go into no record, no name and no log. */
export interface UpstreamProxy {
  readonly scheme: 'http' | 'https' | 'socks5';
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** A certificate to show to some hosts, in files: PEM certificate and key, or both in one PKCS#12. */
export interface ClientCertificate {
  /** Pattern of the hosts that it is for. */
  readonly host: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly pfxFile?: string;
  readonly passphrase?: string;
}

/** What the engine runs on for its way to upstream. */
export interface UpstreamSettings {
  /** For `http:` requests. */
  readonly httpProxy?: UpstreamProxy;
  /** For `https:` requests and tunnels. */
  readonly httpsProxy?: UpstreamProxy;
  /** Nobody named the proxy for us in particular: where it is ourselves, there is none. */
  readonly proxyByDefault?: true;
  readonly noProxy: readonly string[];
  /** Host, or `*.suffix`, to IP address. */
  readonly dnsOverrides: Readonly<Record<string, string>>;
  readonly extraCaFiles: readonly string[];
  /** Patterns of hosts whose certificates may be wrong. */
  readonly allowInvalidCertificates: readonly string[];
  readonly clientCertificates: readonly ClientCertificate[];
}

const PORTS = { http: 80, https: 443, socks5: 1080 } as const;
const SCHEMES: Readonly<Record<string, UpstreamProxy['scheme']>> = {
  http: 'http',
  https: 'https',
  socks: 'socks5',
  socks5: 'socks5',
  socks5h: 'socks5',
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const PROXY_URL =
  /^(?<named>[a-z][a-z0-9]*):\/\/(?:(?<credentials>[^/?#]*)@)?(?<host>\[[0-9a-f:.]+\]|[^\s:/?#[\]@]+)(?::(?<port>\d{1,5}))?\/?$/i;

function credentialsOf(text: string): ProxyCredentials {
  const colon = text.indexOf(':');
  if (colon < 0) return { username: decoded(text), password: '' };
  return { username: decoded(text.slice(0, colon)), password: decoded(text.slice(colon + 1)) };
}

/** Reads the URL of a proxy; without a scheme, `http` is meant. Undefined where it is none. */
export function parseProxyUrl(text: string): UpstreamProxy | undefined {
  const whole = text.includes('://') ? text.trim() : `http://${text.trim()}`;
  const { named = '', credentials, host = '', port } = PROXY_URL.exec(whole)?.groups ?? {};
  const scheme = SCHEMES[named.toLowerCase()];
  if (scheme === undefined) return undefined;
  const number = port === undefined ? PORTS[scheme] : Number(port);
  if (number < 1 || number > 65_535) return undefined;
  const proxy = { scheme, host: host.toLowerCase().replace(/^\[|\]$/g, ''), port: number };
  return credentials === undefined ? proxy : { ...proxy, ...credentialsOf(credentials) };
}

/** The proxy's name for people, as `http://proxy:3128`; never with credentials. */
export function proxyName({ scheme, host, port }: UpstreamProxy): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export interface ProxyCredentials {
  readonly username: string;
  readonly password: string;
}

/** Empty where the editor names none. */
export interface EditorProxy {
  readonly proxy: string;
  readonly noProxy: readonly string[];
}

/** Where a default for the upstream proxy may come from. */
export interface ProxySurroundings {
  /** Variables of the process; on Windows their names know no case, which `process.env` takes care of. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The editor's `http.proxy` and `http.noProxy`. */
  readonly editor?: EditorProxy;
  /** What is known for the proxy of that name (see `proxyName`), from where secrets are kept. */
  readonly credentials?: (proxy: string) => ProxyCredentials | undefined;
}

export interface ProxyChoice {
  readonly httpProxy?: UpstreamProxy;
  readonly httpsProxy?: UpstreamProxy;
  readonly proxyByDefault?: true;
  readonly noProxy: readonly string[];
  /** Sources that could not be read, in words without their value, which may hold a password. */
  readonly problems: readonly string[];
}

/** The value of `wirelens.upstreamProxy` that means no proxy, whatever the surroundings say. */
export const DIRECT = 'direct';

function variable(environment: ProxySurroundings['environment'], name: string): string {
  // Programs agree that the lower case counts first.
  return environment[name.toLowerCase()] || environment[name] || '';
}

function withCredentials(proxy: UpstreamProxy, credentials: ProxySurroundings['credentials']): UpstreamProxy {
  const known = proxy.username === undefined ? credentials?.(proxyName(proxy)) : undefined;
  return known === undefined ? proxy : { ...proxy, ...known };
}

function both(proxy: UpstreamProxy, credentials: ProxySurroundings['credentials']): Partial<ProxyChoice> {
  const known = withCredentials(proxy, credentials);
  return { httpProxy: known, httpsProxy: known };
}

function listOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((one) => one !== '');
}

function fromEnvironment(noProxy: readonly string[], { environment, credentials }: ProxySurroundings): ProxyChoice {
  const problems: string[] = [];
  const read = (name: string): UpstreamProxy | undefined => {
    const text = variable(environment, name);
    if (text === '') return undefined;
    const proxy = parseProxyUrl(text);
    if (proxy !== undefined) return withCredentials(proxy, credentials);
    problems.push(`The environment variable ${name} is not the URL of a proxy; it is ignored`);
    return undefined;
  };
  const all = read('ALL_PROXY');
  const httpProxy = read('HTTP_PROXY') ?? all;
  const httpsProxy = read('HTTPS_PROXY') ?? all;
  const excluded = noProxy.length > 0 ? noProxy : listOf(variable(environment, 'NO_PROXY'));
  return {
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(httpProxy === undefined && httpsProxy === undefined ? {} : { proxyByDefault: true }),
    noProxy: excluded,
    problems,
  };
}

/**
 * The upstream proxy by the setting, else by the editor, else by the environment. `noProxy` of ours counts before that of
 * the source that the proxy comes from.
 */
export function chooseProxy(
  own: { readonly upstreamProxy: string; readonly noProxy: readonly string[] },
  surroundings: ProxySurroundings,
): ProxyChoice {
  const { editor, credentials } = surroundings;
  const { noProxy } = own;
  if (own.upstreamProxy === DIRECT) return { noProxy, problems: [] };
  const set = own.upstreamProxy === '' ? undefined : parseProxyUrl(own.upstreamProxy);
  if (set !== undefined) return { ...both(set, credentials), noProxy, problems: [] };
  const proxy = editor === undefined || editor.proxy === '' ? undefined : parseProxyUrl(editor.proxy);
  if (editor !== undefined && proxy !== undefined) {
    const excluded = noProxy.length > 0 ? noProxy : editor.noProxy;
    return { ...both(proxy, credentials), proxyByDefault: true, noProxy: excluded, problems: [] };
  }
  const choice = fromEnvironment(noProxy, surroundings);
  if (editor === undefined || editor.proxy === '') return choice;
  const problem = 'The setting http.proxy is not the URL of a proxy that Wirelens can use; it is ignored';
  return { ...choice, problems: [problem, ...choice.problems] };
}
