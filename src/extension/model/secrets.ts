// Hides what gives access, such as passwords and tokens, wherever a flow is shown and not copied.

const secretFields: readonly RegExp[] = [
  /^(proxy-)?authorization$/i,
  /^set-cookie2?$/i,
  /^cookie2?$/i,
  /^(x-)?(api|auth|access|goog-api|amz-security|csrf|xsrf)[-_]?(key|token)$/i,
  /^ocp-apim-subscription-key$/i,
  /^private-token$/i,
  /[-_](secret|password|api-?key|access-?token|auth-?token|signature)$/i,
];

const secretParameter =
  /([?&](?:api[-_]?key|access[-_]?token|auth[-_]?token|id[-_]?token|refresh[-_]?token|token|key|secret|client[-_]?secret|password|passwd|sig|signature|x-amz-(?:signature|security-token|credential))=)([^&#\s]+)/gi;

/** What stands in the place of a secret. */
export const mask = '••••••';

/** Whether the values of a field are masked. */
function isSecretField(name: string): boolean {
  return secretFields.some((pattern) => pattern.test(name));
}

/** Keeps what helps while debugging: the scheme of credentials, the names and attributes of cookies. */
function maskValue(name: string, value: string): string {
  if (/cookie/i.test(name)) return maskCookies(name, value);
  const scheme = /^([A-Za-z][A-Za-z0-9-]*) +\S/.exec(value)?.[1];
  return scheme !== undefined && /authorization$/i.test(name) ? `${scheme} ${mask}` : mask;
}

function maskCookies(name: string, value: string): string {
  const parts = value.split(';');
  return parts
    .map((part, index) => {
      const equals = part.indexOf('=');
      const isAttribute = /^set-/i.test(name) && index > 0;
      if (isAttribute) return part;
      return equals === -1 ? mask : `${part.slice(0, equals + 1)}${mask}`;
    })
    .join(';');
}

/** The value of a field as it is shown. */
export function shownValue(name: string, value: string, revealed: boolean): string {
  if (revealed) return value;
  if (isSecretField(name)) return maskValue(name, value);
  return /^(referer|location|content-location)$/i.test(name) ? shownUrl(value, revealed) : value;
}

/** A URL, a request target or a request line as it is shown: without passwords and tokens. */
export function shownUrl(url: string, revealed: boolean): string {
  if (revealed) return url;
  return url.replace(secretParameter, `$1${mask}`).replace(/(\/\/[^/?#@\s]*:)[^/?#@\s]+@/, `$1${mask}@`);
}
