// The one catalogue of what can go wrong: code, source, retry, status, RFC 9209 name and a sentence for each.

/** Who caused an error. */
type ErrorSource = 'client' | 'upstream' | 'proxy';

interface CatalogueEntry {
  readonly source: ErrorSource;
  /** Whether the same request may be tried again at once. */
  readonly retry: boolean;
  /** The status that the proxy answers with when nothing was answered yet; 0 where nobody is there to answer. */
  readonly status: number;
  /** Proxy error type, RFC 9209 §2.3, where there is one. */
  readonly proxyStatus?: string;
  /** What happened, as a sentence. `{…}` are replaced from the error's details. */
  readonly sentence: string;
  /** What to do about it. */
  readonly advice: string;
}

const errorCatalogue = {
  'bad-request': {
    source: 'client',
    retry: false,
    status: 400,
    proxyStatus: 'http_request_error',
    sentence: 'Refused: {rule} (byte {offset})',
    advice: 'Two servers could read this request differently. Correct the program that made it.',
  },
  'bad-target': {
    source: 'client',
    retry: false,
    status: 400,
    proxyStatus: 'http_request_error',
    sentence: 'Refused: {rule}',
    advice:
      'A proxy is asked with an absolute URL. Set this address as the HTTP proxy of the client instead of opening it.',
  },
  'request-timeout': {
    source: 'client',
    retry: false,
    status: 408,
    proxyStatus: 'http_request_error',
    sentence: 'The client did not finish its request within {seconds} s ({setting})',
    advice: 'Send the whole request, or raise the setting.',
  },
  'body-too-large': {
    source: 'client',
    retry: false,
    status: 413,
    proxyStatus: 'http_request_error',
    sentence: 'The request body is larger than {limit} bytes',
    advice: 'Send less, or raise wirelens.limits.requestBody.',
  },
  'chunk-too-large': {
    source: 'client',
    retry: false,
    status: 413,
    proxyStatus: 'http_request_error',
    sentence: 'Refused: {rule} (byte {offset})',
    advice: 'Send smaller chunks, without extensions.',
  },
  'client-too-slow': {
    source: 'client',
    retry: true,
    status: 0,
    sentence: 'The client read too slowly to share the answer to another request: {limit} bytes waited for it',
    advice: 'Send the request again: it will be answered by itself.',
  },
  'target-too-long': {
    source: 'client',
    retry: false,
    status: 414,
    proxyStatus: 'http_request_error',
    sentence: 'Refused: {rule}',
    advice: 'Shorten the URL, or raise wirelens.limits.requestLine.',
  },
  'own-address': {
    source: 'client',
    retry: false,
    status: 421,
    proxyStatus: 'proxy_loop_detected',
    sentence: '{authority} is the proxy itself',
    advice: 'A request through the proxy to the proxy would go round in a circle. Ask for the real server.',
  },
  'head-too-large': {
    source: 'client',
    retry: false,
    status: 431,
    proxyStatus: 'http_request_error',
    sentence: 'The request header is larger than the limit ({limit})',
    advice:
      'Send fewer or shorter header fields (cookies, mostly), or raise wirelens.limits.header or wirelens.limits.fieldCount.',
  },
  'version-not-supported': {
    source: 'client',
    retry: false,
    status: 505,
    proxyStatus: 'http_request_error',
    sentence: 'Refused: {rule} (byte {offset})',
    advice: 'Use HTTP/1.0 or HTTP/1.1.',
  },
  'client-left': {
    source: 'client',
    retry: false,
    status: 0,
    sentence: 'The client went away after {seconds} s',
    advice: 'Look for a time-out or a cancelled request in the client.',
  },
  'certificate-rejected': {
    source: 'client',
    retry: false,
    status: 0,
    sentence: 'The client did not accept the certificate of Wirelens for {host}: {cause}',
    advice:
      'Give the client the certificate of Wirelens (export CA), or let this host pass unopened (wirelens.https.exclude).',
  },
  'client-tls': {
    source: 'client',
    retry: false,
    status: 0,
    sentence: 'TLS with the client failed: {cause}',
    advice: 'Do both sides share a version of TLS and a cipher?',
  },
  'bad-socks': {
    source: 'client',
    retry: false,
    status: 0,
    sentence: 'Refused: {rule}',
    advice: 'Use SOCKS 4, 4a or 5 without a password, and CONNECT.',
  },
  'client-reset': {
    source: 'client',
    retry: false,
    status: 0,
    sentence: 'The client reset the stream ({reason}) after {seconds} s',
    advice: 'Look for a time-out or a cancelled request in the client.',
  },
  'not-implemented': {
    source: 'client',
    retry: false,
    status: 501,
    proxyStatus: 'http_request_error',
    sentence: 'Refused: {rule}',
    advice: 'Use a scheme and a coding that this proxy knows.',
  },
  'too-busy': {
    source: 'proxy',
    retry: true,
    status: 503,
    proxyStatus: 'connection_limit_reached',
    sentence: 'Too busy: {inFlight} in flight, {queued} waiting',
    advice: 'Wait for some to end, or raise wirelens.maxConcurrent and wirelens.maxQueued.',
  },
  'too-many-tunnels': {
    source: 'proxy',
    retry: true,
    status: 503,
    proxyStatus: 'connection_limit_reached',
    sentence: 'Too busy: {tunnels} tunnels are open',
    advice: 'Close some, or raise wirelens.maxTunnels.',
  },
  stopping: {
    source: 'proxy',
    retry: true,
    status: 503,
    proxyStatus: 'proxy_internal_response',
    sentence: 'The proxy is stopping',
    advice: 'Start it again.',
  },
  'not-cached': {
    source: 'proxy',
    retry: false,
    status: 504,
    proxyStatus: 'proxy_internal_response',
    sentence: 'Not in the cache, and the request said only-if-cached',
    advice: 'Ask without only-if-cached.',
  },
  internal: {
    source: 'proxy',
    retry: false,
    status: 502,
    proxyStatus: 'proxy_internal_error',
    sentence: 'Wirelens failed: {message}',
    advice: 'This is a defect of Wirelens. Please report it with the log.',
  },
  'name-not-found': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'dns_error',
    sentence: 'No such host: {host}',
    advice: 'Check the spelling, and whether the name resolves on this machine.',
  },
  'name-lookup-failed': {
    source: 'upstream',
    retry: true,
    status: 502,
    proxyStatus: 'dns_error',
    sentence: 'Looking up {host} failed ({cause})',
    advice: 'Check the network and the name server.',
  },
  'connection-refused': {
    source: 'upstream',
    retry: true,
    status: 502,
    proxyStatus: 'connection_refused',
    sentence: 'Upstream refused the connection ({address})',
    advice: 'Is the server running, and on this port?',
  },
  'connection-failed': {
    source: 'upstream',
    retry: true,
    status: 502,
    proxyStatus: 'destination_unavailable',
    sentence: 'Connecting to {address} failed ({cause})',
    advice: 'Check the network and the address.',
  },
  'connect-timeout': {
    source: 'upstream',
    retry: true,
    status: 504,
    proxyStatus: 'connection_timeout',
    sentence: 'No connection to {address} within {seconds} s (timeouts.connect)',
    advice: 'Is the server reachable from here?',
  },
  certificate: {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'tls_certificate_error',
    sentence: 'The certificate of {host} was not accepted: {cause}',
    advice: 'Wirelens verifies upstream certificates. Check the chain, the name and the dates.',
  },
  tls: {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'tls_protocol_error',
    sentence: 'TLS with {host} failed: {cause}',
    advice:
      'Is it a TLS port, do both sides share a version, or is a client certificate (wirelens.https.clientCertificates) wanted?',
  },
  'client-certificate-needed': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'tls_alert_received',
    sentence: '{host} asks for a client certificate, and none is set for it',
    advice: 'Name its files in wirelens.https.clientCertificates.',
  },
  'tls-file': {
    source: 'proxy',
    retry: false,
    status: 502,
    proxyStatus: 'proxy_configuration_error',
    sentence: '{setting}: {file} cannot be used: {cause}',
    advice: 'Correct the file or the setting. A wrong passphrase of a key shows here too.',
  },
  'proxy-failed': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'destination_unavailable',
    sentence: 'The upstream proxy {proxy} cannot be used: {cause}',
    advice: 'Does it run? See wirelens.upstreamProxy; “direct” goes without it, wirelens.noProxy excepts hosts.',
  },
  'proxy-authentication': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'proxy_configuration_error',
    sentence: 'The upstream proxy {proxy} {what} ({cause})',
    advice: 'Run “Wirelens: Set upstream proxy credentials”; the command line takes them in the URL of the proxy.',
  },
  'proxy-refused': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'connection_refused',
    sentence: 'The upstream proxy {proxy} did not connect to {address}: {cause}',
    advice: 'The proxy decides whom it lets through. wirelens.noProxy goes around it.',
  },
  'proxy-loop': {
    source: 'proxy',
    retry: false,
    status: 502,
    proxyStatus: 'proxy_loop_detected',
    sentence: 'The upstream proxy {proxy} is Wirelens itself',
    advice: 'Set wirelens.upstreamProxy to the next proxy, or to “direct”.',
  },
  'not-validated': {
    source: 'upstream',
    retry: true,
    status: 504,
    proxyStatus: 'connection_terminated',
    sentence:
      'The stored response must not be served without asking upstream ({directive}), and upstream failed: {cause}',
    advice: 'Start the server, or leave the directive out of its responses.',
  },
  'connection-reset': {
    source: 'upstream',
    retry: true,
    status: 502,
    proxyStatus: 'connection_terminated',
    sentence: 'Upstream closed the connection before it answered',
    advice: 'Look into the server: it broke the connection without an answer.',
  },
  'stream-refused': {
    source: 'upstream',
    retry: true,
    status: 502,
    proxyStatus: 'connection_terminated',
    sentence: 'Upstream did not take the request (REFUSED_STREAM or GOAWAY)',
    advice: 'Nothing was processed, so the request may be sent again. Upstream is at its limit or about to close.',
  },
  'stream-reset': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'connection_terminated',
    sentence: 'Upstream reset the stream before it answered ({reason})',
    advice: 'Look into the server: it gave up on this request.',
  },
  'stream-broken-off': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'http_response_incomplete',
    sentence: 'Upstream reset the stream ({reason}) after {received}{ofTotal} bytes',
    advice: 'The answer is incomplete, so what the client got was broken off too.',
  },
  'http2-failed': {
    source: 'upstream',
    retry: true,
    status: 502,
    proxyStatus: 'http_protocol_error',
    sentence: 'HTTP/2 with upstream failed: {cause}',
    advice: 'The HTTP/2 connection broke. Look into the server, or switch wirelens.http2 off.',
  },
  'broken-off': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'http_response_incomplete',
    sentence: 'Upstream broke off after {received}{ofTotal} bytes',
    advice: 'The answer is incomplete, so the connection to the client was broken too.',
  },
  'bad-response': {
    source: 'upstream',
    retry: false,
    status: 502,
    proxyStatus: 'http_protocol_error',
    sentence: 'Upstream sent no valid HTTP: {rule} (byte {offset})',
    advice: 'Is it an HTTP server?',
  },
  'first-byte-timeout': {
    source: 'upstream',
    retry: false,
    status: 504,
    proxyStatus: 'http_response_timeout',
    sentence: 'No answer within {seconds} s (timeouts.firstByte)',
    advice: 'The server took the request and was silent. Raise the setting if it needs longer.',
  },
  'idle-timeout': {
    source: 'upstream',
    retry: false,
    status: 504,
    proxyStatus: 'connection_read_timeout',
    sentence: 'Nothing came for {seconds} s in the middle of the answer (timeouts.idle)',
    advice: 'Raise the setting for streams that are silent for longer.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Values for the places in a sentence. */
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** An error as it travels and is kept. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly source: ErrorSource;
  readonly message: string;
  readonly advice: string;
}

/** Numbers get their thousands set apart, as everywhere that people read them. */
function fill(sentence: string, details: ErrorDetails): string {
  return sentence.replace(/\{(\w+)\}/g, (_place, name: string) => (details[name] ?? '').toLocaleString('en-US'));
}

/** The one error class of the engine. Never match on its message: `code` says what it is. */
export class ProxyError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(fill(errorCatalogue[code].sentence, details), cause === undefined ? undefined : { cause });
    this.name = 'ProxyError';
    this.code = code;
    this.details = details;
  }

  get entry(): CatalogueEntry {
    return errorCatalogue[this.code];
  }

  toRecord(): ErrorRecord {
    return { code: this.code, source: this.entry.source, message: this.message, advice: this.entry.advice };
  }
}
