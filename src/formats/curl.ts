// A recorded request as a curl command for bash, which sends the same bytes again.
import { hasHidden } from './escape.ts';

/** A request as on the wire; names and values latin1, one character an octet. */
export interface CurlRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The content, without framing; undefined where there was none or it is not known. */
  readonly body?: Uint8Array;
}

// Linux takes no argument of 128 KiB and more; a shell's own printf has no such limit.
const LARGEST_ARGUMENT = 100_000;
// Above some size (by version from 1 KiB) curl asks first with `Expect: 100-continue`.
const MAY_EXPECT = 1024;

/** Fields that curl writes itself, or that were meant for the proxy and not for the server. */
const ownFields: ReadonlySet<string> = new Set(['content-length', 'proxy-connection', 'proxy-authorization']);

/** UTF-8 where the bytes are that, so that it stays readable; undefined otherwise. */
function asUtf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

const namedEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** In `$'…'` bash may still expand `!`, and some of its history scanning stops at `\'`: both go as numbers. */
function ansiQuoted(text: string, isPlain: (character: string) => boolean, encoding: 'utf8' | 'latin1'): string {
  let quoted = '';
  for (const character of text) {
    if (character === '\\') quoted += '\\\\';
    else if (character !== "'" && character !== '!' && isPlain(character)) quoted += character;
    else quoted += namedEscapes[character] ?? byNumber(Buffer.from(character, encoding));
  }
  return `$'${quoted}'`;
}

function byNumber(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** One word of bash that stands for exactly these bytes (no NUL). In single quotes nothing is special, not even `!`. */
function quotedBytes(bytes: Buffer): string {
  const text = asUtf8(bytes);
  if (text === undefined) return ansiQuoted(bytes.toString('latin1'), (character) => /[ -~]/.test(character), 'latin1');
  if (hasHidden(text)) return ansiQuoted(text, (character) => !hasHidden(character), 'utf8');
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quoted(latin1: string): string {
  return quotedBytes(Buffer.from(latin1, 'latin1'));
}

/** The bytes for printf's format: octal escapes, as POSIX has them. */
function printfFormat(bytes: Buffer): string {
  let format = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (character === '%') format += '%%';
    else if (character === '\n') format += '\\n';
    else if (byte < 0x20 || byte > 0x7e || "'\\!".includes(character))
      format += `\\${byte.toString(8).padStart(3, '0')}`;
    else format += character;
  }
  // A first `-` would start an option.
  return `'${format.startsWith('-') ? `\\055${format.slice(1)}` : format}'`;
}

function hostOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(url)?.[1] ?? '';
}

/** The value that curl would send by itself: it leaves the scheme's own port out. */
function isOwnHost(value: string, url: string): boolean {
  const port = url.toLowerCase().startsWith('https:') ? /:443$/ : /:80$/;
  return value === hostOf(url).replace(port, '');
}

function isOmitted(name: string, value: string, url: string): boolean {
  // Pseudo-header fields of HTTP/2 say what the command says in other words (RFC 9113 §8.3).
  return name.startsWith(':') || ownFields.has(name) || (name === 'host' && isOwnHost(value, url));
}

function headerOptions({ url, fields }: CurlRequest, unwanted: readonly string[]): string[] {
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  const options: string[] = [];
  for (const [name, value] of fields) {
    if (isOmitted(name.toLowerCase(), value, url)) continue;
    // `Name;` is how curl is told to send a field without a value; `Name:` takes its own field away.
    options.push(`-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`);
  }
  for (const name of unwanted) if (!names.has(name.toLowerCase())) options.push(`-H '${name}:'`);
  return options;
}

/** Fields that curl would add. */
function addedByCurl(sendsBody: boolean, size: number): string[] {
  const names = ['User-Agent', 'Accept'];
  if (sendsBody) names.push('Content-Type');
  if (size > MAY_EXPECT) names.push('Expect');
  return names;
}

function methodOption(method: string, sendsBody: boolean): string | undefined {
  if (method === (sendsBody ? 'POST' : 'GET')) return undefined;
  // `-X HEAD` would make curl wait for a body that never comes.
  return method === 'HEAD' && !sendsBody ? '--head' : `-X ${quoted(method)}`;
}

function urlOptions(url: string, isHttp2: boolean): string[] {
  const options = [quoted(url)];
  if (/[[\]{}]/.test(url)) options.push('--globoff');
  if (/\/\.\.?(?:[/?]|$)/.test(url)) options.push('--path-as-is');
  if (isHttp2) options.push(/^https:/i.test(url) ? '--http2' : '--http2-prior-knowledge');
  else if (/^https:/i.test(url)) options.push('--http1.1');
  return options;
}

/**
 * The command, over several lines. What is not in the request is taken away from what curl adds by itself, the fields keep
 * their order (but Host is first, as curl writes it), and a body that no argument can hold is piped in.
 */
export function toCurl(request: CurlRequest): string {
  const { method, url, fields } = request;
  const given = (name: string): string | undefined => fields.find(([own]) => own.toLowerCase() === name)?.[1];
  const body = Buffer.from(request.body ?? []);
  const sendsBody = body.length > 0 || given('content-length') === '0' || given('transfer-encoding') !== undefined;
  const isPiped = body.includes(0) || body.length > LARGEST_ARGUMENT;
  const parts = urlOptions(
    url,
    fields.some(([name]) => name.startsWith(':')),
  );
  const methodPart = methodOption(method, sendsBody);
  if (methodPart !== undefined) parts.push(methodPart);
  parts.push(...headerOptions(request, addedByCurl(sendsBody, body.length)));
  if (given('accept-encoding') !== undefined) parts.push('--compressed');
  if (sendsBody) parts.push(dataOption(body, isPiped));
  const command = `curl ${parts.join(' \\\n  ')}`;
  return isPiped ? `printf ${printfFormat(body)} | ${command}` : command;
}

function dataOption(body: Buffer, isPiped: boolean): string {
  if (isPiped) return '--data-binary @-';
  // A body that starts with `@` would be taken for a file name.
  return `${body[0] === 0x40 ? '--data-raw' : '--data-binary'} ${quotedBytes(body)}`;
}
