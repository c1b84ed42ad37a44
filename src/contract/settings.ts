// Every setting once: name, type, default, range and unit; the manifest, the command line and the engine follow this table.
import {
  DIRECT,
  chooseProxy,
  parseProxyUrl,
  type ClientCertificate,
  type ProxySurroundings,
  type UpstreamSettings,
} from './upstream.ts';

interface NumberSetting {
  readonly kind: 'number';
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
}
interface BooleanSetting {
  readonly kind: 'boolean';
  readonly default: boolean;
}
interface TextSetting {
  readonly kind: 'text';
  readonly default: string;
}
interface ChoiceSetting {
  readonly kind: 'choice';
  readonly default: string;
  readonly choices: readonly string[];
}
interface ListSetting {
  readonly kind: 'list';
  readonly default: readonly string[];
}
/** The URL of a proxy, `direct`, or nothing. */
interface ProxySetting {
  readonly kind: 'proxy';
  readonly default: string;
}
/** An object from host patterns to IP addresses. */
interface AddressesSetting {
  readonly kind: 'addresses';
  readonly default: Readonly<Record<string, string>>;
}
/** A list of objects, each a certificate for some hosts. */
interface CertificatesSetting {
  readonly kind: 'certificates';
  readonly default: readonly ClientCertificate[];
}
export type SettingShape =
  | NumberSetting
  | BooleanSetting
  | TextSetting
  | ChoiceSetting
  | ListSetting
  | ProxySetting
  | AddressesSetting
  | CertificatesSetting;

/** Names below `wirelens.`. Sizes are in MiB, times in seconds: what people write. */
export const settingsTable = {
  port: { kind: 'number', default: 8080, minimum: 0, maximum: 65535 },
  host: { kind: 'text', default: '127.0.0.1' },
  autoStart: { kind: 'boolean', default: false },
  keepAlive: { kind: 'boolean', default: true },
  http2: { kind: 'boolean', default: true },
  maxConcurrent: { kind: 'number', default: 400, minimum: 1, maximum: 10_000 },
  maxQueued: { kind: 'number', default: 50, minimum: 0, maximum: 10_000 },
  maxTunnels: { kind: 'number', default: 1000, minimum: 1, maximum: 20_000 },
  workers: { kind: 'number', default: 4, minimum: 1, maximum: 16 },
  workerQueue: { kind: 'number', default: 50, minimum: 1, maximum: 1000 },
  'cache.mode': { kind: 'choice', default: 'standard', choices: ['off', 'standard', 'force', 'explain'] },
  'cache.scope': { kind: 'choice', default: 'shared', choices: ['shared', 'private'] },
  'cache.maxSize': { kind: 'number', default: 200, minimum: 1, maximum: 4096 },
  'cache.maxEntrySize': { kind: 'number', default: 10, minimum: 1, maximum: 1024 },
  'cache.ttl': { kind: 'number', default: 3600, minimum: 0, maximum: 31_536_000 },
  'cache.statusOnForwarded': { kind: 'boolean', default: false },
  'https.intercept': { kind: 'choice', default: 'wired', choices: ['all', 'wired', 'off'] },
  'https.include': { kind: 'list', default: [] },
  'https.exclude': { kind: 'list', default: [] },
  'https.bypassAfterRejection': { kind: 'boolean', default: false },
  'pool.maxIdlePerOrigin': { kind: 'number', default: 20, minimum: 0, maximum: 1000 },
  'pool.maxIdle': { kind: 'number', default: 256, minimum: 0, maximum: 10_000 },
  'pool.idleTimeout': { kind: 'number', default: 30, minimum: 1, maximum: 3600 },
  'pool.cleanUpEvery': { kind: 'number', default: 50, minimum: 1, maximum: 10_000 },
  'pool.maxPerOrigin': { kind: 'number', default: 0, minimum: 0, maximum: 10_000 },
  'capture.maxFlows': { kind: 'number', default: 10_000, minimum: 100, maximum: 200_000 },
  'capture.memory': { kind: 'number', default: 64, minimum: 4, maximum: 4096 },
  'capture.disk': { kind: 'number', default: 1024, minimum: 0, maximum: 102_400 },
  'capture.maxBody': { kind: 'number', default: 16, minimum: 0, maximum: 1024 },
  'capture.include': { kind: 'list', default: [] },
  'capture.exclude': { kind: 'list', default: [] },
  'timeouts.connect': { kind: 'number', default: 10, minimum: 1, maximum: 600 },
  'timeouts.firstByte': { kind: 'number', default: 60, minimum: 1, maximum: 86_400 },
  'timeouts.idle': { kind: 'number', default: 300, minimum: 1, maximum: 86_400 },
  'timeouts.request': { kind: 'number', default: 60, minimum: 1, maximum: 86_400 },
  'timeouts.clientIdle': { kind: 'number', default: 120, minimum: 1, maximum: 86_400 },
  'limits.requestLine': { kind: 'number', default: 16, minimum: 1, maximum: 1024 },
  'limits.header': { kind: 'number', default: 64, minimum: 1, maximum: 1024 },
  'limits.fieldCount': { kind: 'number', default: 256, minimum: 16, maximum: 10_000 },
  'limits.requestBody': { kind: 'number', default: 0, minimum: 0, maximum: 1_048_576 },
  'headers.via': { kind: 'boolean', default: false },
  'headers.forwardedFor': { kind: 'boolean', default: false },
  upstreamProxy: { kind: 'proxy', default: '' },
  noProxy: { kind: 'list', default: [] },
  dnsOverrides: { kind: 'addresses', default: {} },
  'https.extraCaFiles': { kind: 'list', default: [] },
  'https.allowInvalidCertificates': { kind: 'list', default: [] },
  'https.clientCertificates': { kind: 'certificates', default: [] },
} as const satisfies Record<string, SettingShape>;

export type SettingName = keyof typeof settingsTable;
type ValueOf<S> = S extends { kind: 'number' }
  ? number
  : S extends { kind: 'boolean' }
    ? boolean
    : S extends { kind: 'choice'; choices: readonly (infer C)[] }
      ? C
      : S extends { kind: 'list' }
        ? readonly string[]
        : S extends { kind: 'addresses' }
          ? Readonly<Record<string, string>>
          : S extends { kind: 'certificates' }
            ? readonly ClientCertificate[]
            : string;

/** Values as people write them, one for every setting. */
export type UserSettings = { readonly [Name in SettingName]: ValueOf<(typeof settingsTable)[Name]> };

/** A value that was refused, and what is used instead. */
export interface SettingProblem {
  readonly name: SettingName;
  /** What it should have been, as `must be from 0 to 65535`. */
  readonly reason: string;
  /** A sentence with the name, the reason and the value that is used instead. */
  readonly message: string;
}

/**
 * `off`: nothing is stored; `standard`: as RFC 9111 says; `force`: what has no explicit freshness is fresh for
 * `cache.ttl`; `explain`: the cache stores and decides, but upstream is always asked.
 */
export type CacheMode = 'off' | 'standard' | 'force' | 'explain';

/** What the engine runs on: one complete, resolved value. Sizes in bytes, times in ms (`cache.ttl` in seconds). */
export interface EngineSettings {
  readonly host: string;
  readonly port: number;
  /** Origin that a reverse port stands in front of, as `https://api.test`; undefined for a forward proxy. */
  readonly reverse?: string;
  readonly keepAlive: boolean;
  /** HTTP/2 with upstream, where it speaks it. */
  readonly http2: boolean;
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly maxTunnels: number;
  readonly workers: number;
  readonly workerQueue: number;
  readonly cache: {
    readonly mode: CacheMode;
    /** For whom it stores: for all alike, or as one user's own cache. */
    readonly scope: 'shared' | 'private';
    readonly maxBytes: number;
    readonly maxEntryBytes: number;
    readonly ttl: number;
    readonly statusOnForwarded: boolean;
  };
  readonly https: {
    /** Which tunnels with TLS are opened. */
    readonly intercept: 'all' | 'wired' | 'off';
    readonly include: readonly string[];
    readonly exclude: readonly string[];
    readonly bypassAfterRejection: boolean;
  };
  readonly pool: {
    readonly maxIdlePerOrigin: number;
    readonly maxIdle: number;
    readonly idleTimeout: number;
    /** Exchanges from one look for connections that were idle for too long to the next. */
    readonly cleanUpEvery: number;
    /** 0: no limit. */
    readonly maxPerOrigin: number;
  };
  readonly capture: {
    readonly maxFlows: number;
    readonly memory: number;
    readonly disk: number;
    readonly maxBody: number;
    readonly include: readonly string[];
    readonly exclude: readonly string[];
  };
  readonly timeouts: {
    readonly connect: number;
    readonly firstByte: number;
    readonly idle: number;
    readonly request: number;
    readonly clientIdle: number;
  };
  readonly limits: {
    readonly requestLine: number;
    readonly header: number;
    readonly fieldCount: number;
    /** 0: no limit. */
    readonly requestBody: number;
  };
  readonly headers: { readonly via: boolean; readonly forwardedFor: boolean };
  readonly upstream: UpstreamSettings;
}

const MEBIBYTE = 1024 * 1024;
const KIBIBYTE = 1024;

function numberProblem(shape: NumberSetting, value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return 'must be a whole number';
  if (value >= shape.minimum && value <= shape.maximum) return undefined;
  return `must be from ${shape.minimum} to ${shape.maximum}`;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function proxyProblem(value: unknown): string | undefined {
  if (value === '' || value === DIRECT) return undefined;
  const proxy = typeof value === 'string' ? parseProxyUrl(value) : undefined;
  if (proxy === undefined) return 'must be empty, direct, or the URL of a proxy such as http://proxy.example:3128';
  return proxy.username === undefined ? undefined : 'must not contain a user name and a password';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*)$/i;

function addressesProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'must be an object from host names to IP addresses';
  for (const [host, address] of Object.entries(value)) {
    if (host === '') return 'must not have an empty host name';
    if (typeof address !== 'string' || !ADDRESS.test(address)) return `must have an IP address for ${host}`;
  }
  return undefined;
}

const certificateKeys: ReadonlySet<string> = new Set(['host', 'certFile', 'keyFile', 'pfxFile']);

function certificateProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'must be an object';
  const unknown = Object.keys(value).find((key) => !certificateKeys.has(key));
  if (unknown !== undefined) return `has an unknown name ${unknown}`;
  const empty = Object.keys(value).find((key) => typeof value[key] !== 'string' || value[key] === '');
  if (empty !== undefined) return `must have a text as ${empty}`;
  if (value['host'] === undefined) return 'needs a host';
  const { certFile, keyFile, pfxFile } = value;
  if (pfxFile !== undefined) return (certFile ?? keyFile) ? 'takes either pfxFile, or certFile and keyFile' : undefined;
  return certFile === undefined || keyFile === undefined ? 'needs certFile and keyFile, or pfxFile' : undefined;
}

function certificatesProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be a list of objects with host, certFile and keyFile, or host and pfxFile';
  for (const [index, one] of value.entries()) {
    const problem = certificateProblem(one);
    if (problem !== undefined) return `is wrong in entry ${index + 1}, which ${problem}`;
  }
  return undefined;
}

function choiceProblem({ choices }: ChoiceSetting, value: unknown): string | undefined {
  return choices.includes(value as string) ? undefined : `must be one of: ${choices.join(', ')}`;
}

function textProblem(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'must be a text';
}

/** A complaint about a value, for each shape. */
const problems: {
  readonly [Kind in SettingShape['kind']]: (
    shape: Extract<SettingShape, { kind: Kind }>,
    value: unknown,
  ) => string | undefined;
} = {
  number: numberProblem,
  boolean: (_shape, value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  choice: choiceProblem,
  list: (_shape, value) => (isListOfTexts(value) ? undefined : 'must be a list of texts'),
  text: (_shape, value) => textProblem(value),
  proxy: (_shape, value) => proxyProblem(value),
  addresses: (_shape, value) => addressesProblem(value),
  certificates: (_shape, value) => certificatesProblem(value),
};

function problemWith(shape: SettingShape, value: unknown): string | undefined {
  return problems[shape.kind](shape as never, value);
}

/**
 * Checks values of unknown origin against the table. What is missing or refused gets its default; what was refused is
 * named in `problems`, as `wirelens.port must be from 0 to 65535; using 8080`.
 */
export function checkSettings(given: (name: SettingName) => unknown): {
  readonly settings: UserSettings;
  readonly problems: readonly SettingProblem[];
} {
  const refused: SettingProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(settingsTable) as SettingName[]) {
    const shape: SettingShape = settingsTable[name];
    const value = given(name);
    const problem = value === undefined ? undefined : problemWith(shape, value);
    if (problem !== undefined) {
      const message = `wirelens.${name} ${problem}; using ${JSON.stringify(shape.default)}`;
      refused.push({ name, reason: problem, message });
    }
    values[name] = value === undefined || problem !== undefined ? shape.default : value;
  }
  return { settings: values as unknown as UserSettings, problems: refused };
}

/** The defaults, as people write them. */
export const defaultSettings: UserSettings = checkSettings(() => undefined).settings;

/** What decides beside the settings: where a default proxy comes from, and secrets, which settings never hold. */
export interface SettingSurroundings extends ProxySurroundings {
  /** The passphrase of a client certificate's key, by the file that holds the key. */
  readonly passphrase?: (keyFile: string) => string | undefined;
}

function resolveUpstream(user: UserSettings, surroundings: SettingSurroundings): UpstreamSettings {
  const { problems: _told, ...choice } = chooseProxy(user, surroundings);
  return {
    ...choice,
    dnsOverrides: user.dnsOverrides,
    extraCaFiles: user['https.extraCaFiles'],
    allowInvalidCertificates: user['https.allowInvalidCertificates'],
    clientCertificates: user['https.clientCertificates'].map((one) => {
      const passphrase = surroundings.passphrase?.(one.pfxFile ?? one.keyFile ?? '');
      return passphrase === undefined ? one : { ...one, passphrase };
    }),
  };
}

const nowhere: SettingSurroundings = { environment: {} };

/**
 * Turns what people write (MiB, s) into what the engine runs on (bytes, ms), once. Without `surroundings` only the
 * settings themselves name an upstream proxy.
 */
export function resolveSettings(
  user: UserSettings,
  reverse?: string,
  surroundings: SettingSurroundings = nowhere,
): EngineSettings {
  return {
    host: user.host,
    port: user.port,
    ...(reverse === undefined ? {} : { reverse }),
    keepAlive: user.keepAlive,
    http2: user.http2,
    maxConcurrent: user.maxConcurrent,
    maxQueued: user.maxQueued,
    maxTunnels: user.maxTunnels,
    workers: user.workers,
    workerQueue: user.workerQueue,
    cache: {
      mode: user['cache.mode'],
      scope: user['cache.scope'],
      maxBytes: user['cache.maxSize'] * MEBIBYTE,
      maxEntryBytes: user['cache.maxEntrySize'] * MEBIBYTE,
      ttl: user['cache.ttl'],
      statusOnForwarded: user['cache.statusOnForwarded'],
    },
    https: {
      intercept: user['https.intercept'],
      include: user['https.include'],
      exclude: user['https.exclude'],
      bypassAfterRejection: user['https.bypassAfterRejection'],
    },
    pool: {
      maxIdlePerOrigin: user['pool.maxIdlePerOrigin'],
      maxIdle: user['pool.maxIdle'],
      idleTimeout: user['pool.idleTimeout'] * 1000,
      cleanUpEvery: user['pool.cleanUpEvery'],
      maxPerOrigin: user['pool.maxPerOrigin'],
    },
    capture: {
      maxFlows: user['capture.maxFlows'],
      memory: user['capture.memory'] * MEBIBYTE,
      disk: user['capture.disk'] * MEBIBYTE,
      maxBody: user['capture.maxBody'] * MEBIBYTE,
      include: user['capture.include'],
      exclude: user['capture.exclude'],
    },
    timeouts: {
      connect: user['timeouts.connect'] * 1000,
      firstByte: user['timeouts.firstByte'] * 1000,
      idle: user['timeouts.idle'] * 1000,
      request: user['timeouts.request'] * 1000,
      clientIdle: user['timeouts.clientIdle'] * 1000,
    },
    limits: {
      requestLine: user['limits.requestLine'] * KIBIBYTE,
      header: user['limits.header'] * KIBIBYTE,
      fieldCount: user['limits.fieldCount'],
      requestBody: user['limits.requestBody'] * MEBIBYTE,
    },
    headers: { via: user['headers.via'], forwardedFor: user['headers.forwardedFor'] },
    upstream: resolveUpstream(user, surroundings),
  };
}
