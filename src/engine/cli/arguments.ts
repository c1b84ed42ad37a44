// Reads the arguments of the command line into settings, checked by the same table as the editor's.
import { parseArgs } from 'node:util';
import {
  checkSettings,
  resolveSettings,
  settingsTable,
  type EngineSettings,
  type SettingName,
  type SettingShape,
  type UserSettings,
} from '../../contract/settings.ts';
import { DIRECT, chooseProxy, parseProxyUrl, proxyName, type ProxyCredentials } from '../../contract/upstream.ts';

/** What the command was asked to do. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'refused'; readonly message: string }
  | {
      readonly kind: 'run';
      readonly settings: EngineSettings;
      /** One JSON line a flow instead of a readable one. */
      readonly json: boolean;
      /** Where the HAR goes at the end. */
      readonly har?: string;
      /** What could not be used of the environment, in sentences. */
      readonly warnings: readonly string[];
    };

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  reverse: { type: 'string' },
  cache: { type: 'string' },
  'no-keep-alive': { type: 'boolean' },
  json: { type: 'boolean' },
  har: { type: 'string' },
  'upstream-proxy': { type: 'string' },
  resolve: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

type OptionName = keyof typeof options;

/** Options that are another way to write a setting. */
const shortcuts: Readonly<Partial<Record<OptionName, SettingName>>> = {
  port: 'port',
  host: 'host',
  cache: 'cache.mode',
};

/** Settings that mean nothing without an editor. */
const editorOnly: ReadonlySet<string> = new Set(['autoStart']);

/** The settings that `--set` takes. */
export const settingNames = (Object.keys(settingsTable) as SettingName[]).filter((name) => !editorOnly.has(name));

class Refusal extends Error {}

/** A setting as it was given: the text, and how it was written, for messages. */
interface Given {
  readonly text: string;
  readonly written: string;
}

interface Collected {
  readonly settings: Map<SettingName, Given>;
  readonly flags: Set<OptionName>;
  /** `--resolve`: host to address. */
  readonly addresses: Map<string, string>;
  /** Of the upstream proxy, out of its URL. */
  credentials?: ProxyCredentials;
  reverse?: string;
  har?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the arguments (without node and script) and the variables that name an upstream proxy. Never throws: what cannot
 * be used comes back as `refused`.
 */
export function parseArguments(given: readonly string[], environment: Environment = {}): Command {
  try {
    return commandOf(collect(given), environment);
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', message: error.message };
    throw error;
  }
}

/** The passphrase of client certificates, which no argument may hold: other users see arguments. */
const PASSPHRASE = 'WIRELENS_CLIENT_CERTIFICATE_PASSPHRASE';

function commandOf(collected: Collected, environment: Environment): Command {
  const { flags, har, addresses, credentials } = collected;
  if (flags.has('help')) return { kind: 'help' };
  if (flags.has('version')) return { kind: 'version' };
  if (flags.has('no-keep-alive')) collected.settings.set('keepAlive', { text: 'false', written: '--no-keep-alive' });
  if (addresses.size > 0) {
    const text = JSON.stringify(Object.fromEntries(addresses));
    collected.settings.set('dnsOverrides', { text, written: '--resolve' });
  }
  const user = userSettingsOf(collected.settings);
  const passphrase = (): string | undefined => environment[PASSPHRASE];
  const surroundings = { environment, passphrase, credentials: () => credentials };
  const settings = resolveSettings(user, collected.reverse, surroundings);
  const warnings = chooseProxy(user, surroundings).problems;
  return { kind: 'run', settings, json: flags.has('json'), warnings, ...(har === undefined ? {} : { har }) };
}

function collect(given: readonly string[]): Collected {
  const collected: Collected = { settings: new Map(), flags: new Set(), addresses: new Map() };
  const { tokens } = parseArgs({ args: [...given], options, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') throw new Refusal(`unexpected argument: ${token.value}`);
    if (token.kind === 'option') take(collected, token.name, token.rawName, token.value);
  }
  return collected;
}

function take(collected: Collected, name: string, written: string, value: string | undefined): void {
  if (!isOption(name)) throw new Refusal(`unknown option: ${written}`);
  if (options[name].type === 'boolean') {
    if (value !== undefined) throw new Refusal(`${written} takes no value`);
    collected.flags.add(name);
    return;
  }
  if (value === undefined || value === '') throw new Refusal(`${written} needs a value`);
  const setting = shortcuts[name];
  if (setting !== undefined) collected.settings.set(setting, { text: value, written });
  else if (name === 'set') takeSetting(collected, value);
  else if (name === 'upstream-proxy') takeProxy(collected, value);
  else if (name === 'resolve') takeAddress(collected, value);
  else if (name === 'reverse') collected.reverse = originOf(value);
  else if (name === 'har') collected.har = value;
}

/** User name and password may stand in the URL here; the setting itself never holds them. */
function takeProxy(collected: Collected, text: string): void {
  const proxy = parseProxyUrl(text);
  const { username, password = '' } = proxy ?? {};
  if (username !== undefined) collected.credentials = { username, password };
  const plain = proxy === undefined || text === DIRECT ? text : proxyName(proxy);
  collected.settings.set('upstreamProxy', { text: plain, written: '--upstream-proxy' });
}

/** `HOST:ADDRESS`, where the address may have colons of its own. */
function takeAddress(collected: Collected, pair: string): void {
  const colon = pair.indexOf(':');
  if (colon < 1) throw new Refusal(`--resolve takes HOST:ADDRESS, not ${pair}`);
  collected.addresses.set(pair.slice(0, colon), pair.slice(colon + 1).replace(/^\[|\]$/g, ''));
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(options, name);
}

function takeSetting(collected: Collected, pair: string): void {
  const equals = pair.indexOf('=');
  if (equals < 1) throw new Refusal(`--set takes name=value, not ${pair}`);
  const name = pair.slice(0, equals);
  const known = settingNames.find((one) => one === name);
  if (known === undefined) throw new Refusal(`--set: there is no setting ${name}; --help lists them`);
  collected.settings.set(known, { text: pair.slice(equals + 1), written: `--set ${name}` });
}

/** An origin in its shortest spelling, `https://api.test`; a path would be thrown away in silence, so it is refused. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new Refusal(`--reverse takes an origin such as http://localhost:3000, not ${text}`);
  }
  const more =
    url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '';
  if (more) throw new Refusal(`--reverse takes an origin without user, path or query: ${url.origin}, not ${text}`);
  return url.origin;
}

function userSettingsOf(given: ReadonlyMap<SettingName, Given>): UserSettings {
  const { settings, problems } = checkSettings((name) => {
    const one = given.get(name);
    return one === undefined ? undefined : valueOf(settingsTable[name], one.text);
  });
  const [problem] = problems;
  if (problem !== undefined) {
    const one = given.get(problem.name);
    throw new Refusal(`${one?.written} ${problem.reason}, not ${withoutCredentials(one?.text ?? '')}`);
  }
  return settings;
}

function withoutCredentials(text: string): string {
  return text.replace(/^([^/]*\/\/)?[^/]*@/, '$1…@');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The value that a text means; a text that means none stays one, and is refused by the table. */
function valueOf(shape: SettingShape, text: string): unknown {
  switch (shape.kind) {
    case 'number':
      return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'list':
      return text.split(',').filter((one) => one !== '');
    case 'addresses':
    case 'certificates':
      return parsed(text);
    case 'choice':
    case 'text':
    case 'proxy':
      return text;
  }
}
