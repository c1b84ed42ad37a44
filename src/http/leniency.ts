// What is tolerated in a response although it breaks a rule; each is reported once for a message.

export type Leniency =
  /** A transfer coding other than `chunked`: read by the final `chunked`, else to the end of the connection (RFC 9112 §6.3). */
  | 'unknown-transfer-coding'
  /** Lines that end in LF alone (RFC 9112 §2.2). */
  | 'bare-lf'
  /** A status line that ends after the status code (RFC 9112 §4). */
  | 'missing-reason'
  /** The same Content-Length several times (RFC 9110 §8.6); `fields` has it once. */
  | 'duplicate-content-length'
  /** A line that is no field line, or a field that must not stand there; `fields` lacks it (RFC 9112 §5, §6.1). */
  | 'invalid-field-dropped'
  /** Whitespace between name and colon; `fields` lacks the whitespace (RFC 9112 §5.1). */
  | 'space-before-colon'
  /** A value over several lines; `fields` has spaces in the place of the line breaks (RFC 9112 §5.2). */
  | 'obs-fold'
  /** Transfer-Encoding in HTTP/1.0; the connection cannot be used again (RFC 9112 §6.1). */
  | 'transfer-encoding-in-http-1.0'
  /** Both framings; Transfer-Encoding counts, `fields` lacks Content-Length, the connection cannot be used again (RFC 9112 §6.3). */
  | 'content-length-with-transfer-encoding';
