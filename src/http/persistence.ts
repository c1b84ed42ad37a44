// Whether a connection goes on after a message: version, Connection and Keep-Alive (RFC 9112 §9.3).
import { equalsIgnoringCase } from './characters.ts';
import type { Fields } from './fields.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import { splitList, unquote } from './lists.ts';

/** True where a Connection field has that option (RFC 9110 §7.6.1); the option in lower case. */
export function hasConnectionOption(fields: Fields, lowerCaseOption: string): boolean {
  return hasOption(fields, 'connection', lowerCaseOption);
}

function hasOption(fields: Fields, lowerCaseName: string, lowerCaseOption: string): boolean {
  for (let index = fields.indexOf(lowerCaseName); index >= 0; index = fields.indexOf(lowerCaseName, index + 1)) {
    const value = fields.value(index);
    if (equalsIgnoringCase(value, lowerCaseOption)) return true;
    if (value.includes(',') && splitList(value).some((option) => equalsIgnoringCase(option, lowerCaseOption)))
      return true;
  }
  return false;
}

/**
 * True where the client's connection may carry another request. A proxy does not keep connections of HTTP/1.0 clients
 * alive, because a proxy before it may not have understood `keep-alive` (RFC 9112 §9.3). The old Proxy-Connection
 * counts where it says `close`.
 */
export function requestPersistence(head: RequestHead): boolean {
  if (head.minor === 0) return false;
  return !hasConnectionOption(head.fields, 'close') && !hasOption(head.fields, 'proxy-connection', 'close');
}

/** True where upstream's connection may carry another request, provided that the response had an end of its own. */
export function responsePersistence(head: ResponseHead): boolean {
  if (hasConnectionOption(head.fields, 'close')) return false;
  return head.minor === 1 || hasConnectionOption(head.fields, 'keep-alive');
}

/** How long upstream keeps an idle connection, in ms, from `Keep-Alive: timeout=` in seconds, where it says so. */
export function keepAliveTimeout(fields: Fields): number | undefined {
  const value = fields.combined('keep-alive');
  if (value === undefined) return undefined;
  for (const parameter of splitList(value)) {
    const match = /^timeout\s*=\s*(.*)$/i.exec(parameter);
    const seconds = unquote(match?.[1] ?? '');
    if (/^\d{1,9}$/.test(seconds)) return Number(seconds) * 1000;
  }
  return undefined;
}
