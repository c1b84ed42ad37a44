// The answers that the proxy makes itself when something fails: status, Proxy-Status (RFC 9209), and words.
import { serializeItem, Token, type BareItem } from 'structured-headers';
import { ProxyError } from '../../contract/errors.ts';
import { Fields } from '../../http/fields.ts';
import { formatHttpDate } from '../../http/date.ts';
import type { ResponseHead } from '../../http/head.ts';
import { WireError } from '../../http/wire-error.ts';
import type { Responder } from '../listen/responder.ts';

/** A whole answer of the proxy's own. */
export interface OwnAnswer {
  readonly head: ResponseHead;
  readonly body: Buffer;
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** Seconds after which a client that was refused for load may try again. */
const RETRY_AFTER = '1';

/** Puts a refusal of the parser into the catalogue. */
export function toProxyError(error: unknown): ProxyError {
  if (error instanceof ProxyError) return error;
  if (!(error instanceof WireError)) return new ProxyError('internal', { message: String(error) }, error);
  const { rule, offset } = error;
  switch (error.status) {
    case 413:
      return new ProxyError('chunk-too-large', { rule, offset }, error);
    case 414:
      return new ProxyError('target-too-long', { rule }, error);
    case 431:
      return new ProxyError('head-too-large', { limit: rule }, error);
    case 501:
      return new ProxyError('not-implemented', { rule }, error);
    case 505:
      return new ProxyError('version-not-supported', { rule, offset }, error);
    default:
      return new ProxyError('bad-request', { rule, offset }, error);
  }
}

/** RFC 9209 §2: the proxy's name with what went wrong; strings hold visible ASCII only (RFC 9651 §3.3.3). */
export function proxyStatusField(name: string, message: string): string {
  const details = message.replace(/[^\x20-\x7e]/g, '?');
  return serializeItem([
    new Token('Wirelens'),
    new Map<string, BareItem>([
      ['error', new Token(name)],
      ['details', details],
    ]),
  ]);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Form = 'html' | 'json' | 'text';

/** RFC 9110 §12.5.1, roughly: the first form named by the client that we have, plain text by default. */
function formOf(accept: string | undefined): Form {
  if (accept === undefined) return 'text';
  const html = accept.search(/text\/html|application\/xhtml/i);
  const json = accept.search(/application\/([\w.+-]+\+)?json/i);
  if (html >= 0 && (json < 0 || html < json)) return 'html';
  return json >= 0 ? 'json' : 'text';
}

const MEDIA_TYPES: Readonly<Record<Form, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/problem+json',
  text: 'text/plain; charset=utf-8',
};

function page(title: string, paragraphs: readonly string[]): string {
  const text = paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n');
  const style = 'body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}';
  return `<!doctype html>\n<meta charset="utf-8">\n<title>${escapeHtml(title)}</title>\n<style>${style}</style>\n<h1>${escapeHtml(title)}</h1>\n${text}\n`;
}

/** Words in the form that the client asked for. `now` in ms since 1970. */
export function written(
  accept: string | undefined,
  status: number,
  title: string,
  words: readonly string[],
  now: number,
): OwnAnswer {
  const form = formOf(accept);
  const text =
    form === 'html'
      ? page(title, words)
      : form === 'json'
        ? `${JSON.stringify({ title, status, detail: words.join(' ') }, undefined, 2)}\n`
        : `${title}\n\n${words.join('\n')}\n`;
  const body = Buffer.from(text);
  const fields = Fields.of([
    ['Content-Type', MEDIA_TYPES[form]],
    ['Content-Length', String(body.length)],
    ['Cache-Control', 'no-store'],
    // RFC 9110 §6.6.1: who has a clock dates what it answers itself.
    ['Date', formatHttpDate(now)],
  ]);
  return { head: { status, reason: REASONS[status] ?? '', minor: 1, fields }, body };
}

/** The answer for an error that may still be answered. `now` in ms since 1970. */
export function refusal(error: ProxyError, accept: string | undefined, now: number): OwnAnswer {
  const { status, advice, proxyStatus } = error.entry;
  const title = `${status} ${REASONS[status] ?? ''}`;
  const { head, body } = written(accept, status, `Wirelens: ${title}`, [`${error.message}.`, advice], now);
  let { fields } = head;
  if (proxyStatus !== undefined) {
    fields = fields.append('Proxy-Status', proxyStatusField(proxyStatus, error.message));
  }
  if (status === 503) fields = fields.append('Retry-After', RETRY_AFTER);
  return { head: { ...head, fields }, body };
}

/** Writes a whole answer. Bodies of HEAD are left out, their length is not (RFC 9110 §9.3.2). */
export function respondWhole(responder: Responder, answer: OwnAnswer, headOnly: boolean): void {
  const { head, body } = answer;
  if (headOnly || body.length === 0) {
    responder.begin(head, { kind: 'none' });
  } else {
    responder.begin(head, { kind: 'length', length: body.length });
    responder.content(body);
    responder.wire(body);
  }
  responder.end(Fields.none);
}
