// What the system and OpenSSL say about a failed connection, in words: never a code alone, never a dump.
import { getSystemErrorMap } from 'node:util';

/** The code of an error, of the first where several addresses were tried; its message where there is no code. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (error instanceof Error ? error.message : String(error));
}

/** `no route to host, EHOSTUNREACH` for an error of the system that is known by name, else its code. */
export function systemWords(error: unknown): string {
  const code = codeOf(error);
  for (const [name, words] of getSystemErrorMap().values()) if (name === code) return `${words}, ${code}`;
  return code;
}

/** OpenSSL's reason without file, line and thread, as `wrong version number`; Node's own words elsewhere. */
export function tlsWords(error: unknown): string {
  const reason = (error as { readonly reason?: unknown } | undefined)?.reason;
  if (typeof reason === 'string' && reason !== '') return reason;
  return error instanceof Error ? error.message.trim() : codeOf(error);
}
