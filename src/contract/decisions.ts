// Every decision of the proxy as a closed union with its reason; formats/ puts them into words.

/** What a decision rests on, so that a view can point at it. */
export interface Because {
  /** The clause, for example `RFC 9111 §5.2.2.5`. */
  readonly clause: string;
  /** The field line that decided, as `Name: value`, where one did. */
  readonly field?: string;
  /** Whose field line it was. */
  readonly side?: 'request' | 'response';
}

/** Why the cache was not even asked. */
export type NotAskedReason =
  | 'cache-off'
  | 'method'
  | 'range'
  | 'conditional'
  | 'upgrade'
  /** Inside a tunnel, a Host that is not the tunnel's authority: nothing says that this server speaks for that name. */
  | 'tunnel-host'
  /** A GET or HEAD with content, by which the answer may differ. */
  | 'request-content'
  /** The mode `explain`: upstream is always asked, and `would` says what the cache would have done. */
  | 'explain';

/** Why a stored response did not answer. */
export type MissReason =
  | 'nothing-stored'
  | 'vary'
  | 'stale'
  | 'request-no-cache'
  | 'request-max-age'
  | 'request-min-fresh'
  | 'response-no-cache'
  /** A HEAD response disagreed with what is stored (RFC 9111 §4.3.5). */
  | 'head-differs'
  /** Somebody marked the stored response as expired, to see what the client makes of it. */
  | 'marked-expired'
  /** Older than the setting `cache.ttl`, counted from storing or the last validation. */
  | 'ttl'
  /** Stored with a Set-Cookie for another source. */
  | 'source'
  /** Only a part of the response is stored, and not the one that was asked for. */
  | 'incomplete';

/** Where a freshness lifetime comes from; `ttl` where the setting `cache.ttl` is shorter than what the response says. */
export type LifetimeOrigin = 's-maxage' | 'max-age' | 'expires' | 'heuristic' | 'forced' | 'ttl';

/** What the cache said when it was asked for a request. Times in seconds. */
export type FindDecision =
  | {
      readonly kind: 'not-asked';
      readonly reason: NotAskedReason;
      /** The request's method, for `method`. */
      readonly method?: string;
      /** For `explain`: what the cache would have done. */
      readonly would?: Exclude<FindDecision, { readonly kind: 'not-asked' }>;
      readonly because?: Because;
    }
  | {
      readonly kind: 'hit';
      /** Current age, RFC 9111 §4.2.3. */
      readonly age: number;
      /** Freshness lifetime, RFC 9111 §4.2.1, after the limit `cache.ttl`. */
      readonly lifetime: number;
      readonly origin: LifetimeOrigin;
      readonly because: Because;
    }
  | {
      readonly kind: 'stale';
      /** Why a stale response may be served. */
      readonly allowed: 'max-stale' | 'stale-while-revalidate' | 'stale-if-error' | 'upstream-lost';
      readonly age: number;
      readonly staleFor: number;
      readonly because: Because;
    }
  | {
      readonly kind: 'miss';
      readonly reason: MissReason;
      /** True where a stored response is validated with upstream. */
      readonly validating: boolean;
      readonly staleFor?: number;
      /** For `vary`: the request field, as named in Vary, whose value is another one than that of the stored response. */
      readonly differs?: string;
      /** For `ttl`: the setting, in seconds. */
      readonly limit?: number;
      readonly because: Because;
    }
  /** `only-if-cached` and nothing servable: the proxy answers 504 (RFC 9111 §5.2.1.7). */
  | { readonly kind: 'unsatisfiable'; readonly because: Because };

/** Why a response was not stored. */
export type NotStoredReason =
  | 'cache-off'
  | 'method'
  | 'status'
  | 'range'
  | 'request-no-store'
  | 'no-store'
  | 'private'
  | 'authorization'
  | 'vary-any'
  /** Neither a lifetime nor a validator. */
  | 'no-freshness'
  /** Its lifetime was over on arrival, and it has no validator. */
  | 'already-stale'
  /** It must be validated before each use, and has no validator. */
  | 'no-validator'
  | 'must-understand'
  | 'too-large'
  | 'broken-off'
  | 'unknown-coding'
  | 'upgrade'
  | 'tunnel-host'
  | 'request-content'
  /** A 304 for the client's own condition, with nothing stored to refresh. */
  | 'not-modified'
  /** An unsafe request to the same URL succeeded while the response arrived (RFC 9111 §4.4). */
  | 'invalidated'
  /** The cache was flushed while the response arrived. */
  | 'flushed'
  /** The stored response left the cache while upstream was asked about it. */
  | 'gone'
  /** Too many responses are on their way into the cache at once. */
  | 'crowded';

/** What became of a response. Times in seconds. */
export type StoreDecision =
  | {
      readonly kind: 'stored';
      /** For how long from now it answers without asking upstream; 0 where it is validated before each use. */
      readonly lifetime: number;
      readonly origin: LifetimeOrigin;
      /** Set where only the source that caused it is answered with it. */
      readonly restricted?: 'set-cookie' | 'credentials' | 'private';
      readonly because: Because;
    }
  /** A 304, or the answer to a HEAD, refreshed the stored response for `lifetime` from now (RFC 9111 §4.3.4, §4.3.5). */
  | { readonly kind: 'updated'; readonly by: '304' | 'head'; readonly lifetime: number; readonly because: Because }
  | {
      readonly kind: 'not-stored';
      readonly reason: NotStoredReason;
      /** For `too-large`: how many bytes of content are stored at most. */
      readonly limit?: number;
      readonly because: Because;
    };

/** Whether a stored response answers by itself, and what decides on that. */
export interface EntryStanding {
  /** Why the next request goes to upstream whatever its age is; undefined where only its age counts. */
  readonly outdated?: 'no-cache' | 'head-differs' | 'marked-expired';
  /** Where its lifetime comes from. */
  readonly origin: LifetimeOrigin;
  readonly because: Because;
  /** Whether upstream can be asked if it is still the same; otherwise it is fetched again. */
  readonly validates: boolean;
  /** The only source that is answered with it; undefined where any is. */
  readonly source?: string;
}

/** All that the cache decided for one flow. */
export interface CacheRecord {
  readonly find: FindDecision;
  readonly store?: StoreDecision;
  /** Set where the answer to another request, which was under way, answered this one too. */
  readonly collapsed?: true;
  /** Set where upstream said 304, so that the stored response answered. */
  readonly validated?: true;
  /** URLs whose entries this exchange invalidated (RFC 9111 §4.4). */
  readonly invalidated?: readonly string[];
}

/** Whether a tunnel is opened to see what is inside, and why. */
export type InterceptDecision =
  | {
      readonly kind: 'intercept';
      /** `all`: every tunnel is (`https.intercept`); `wired`: its source was given our certificate; `own`: it leads to ourselves. */
      readonly reason: 'all' | 'wired' | 'own';
    }
  | {
      readonly kind: 'tunnel';
      readonly reason:
        | 'off'
        | 'not-wired'
        /** It fits `https.exclude`. */
        | 'excluded'
        /** It does not fit `https.include`. */
        | 'not-included'
        /** This client rejected our certificate for this host a moment ago (`https.bypassAfterRejection`). */
        | 'rejected-before'
        /** The client offered only protocols (ALPN) that we cannot speak. */
        | 'protocol'
        /** It is a stream of HTTP/2, of which only bytes are passed on. */
        | 'stream'
        /** The certificate authority cannot be read or made. */
        | 'no-authority';
    };

/** What is known of a tunnel. */
export interface TunnelRecord {
  readonly decision: InterceptDecision;
  /** What the first bytes of the client were. */
  readonly inside?: 'tls' | 'http/1' | 'http/2' | 'bytes';
  /** For TLS: the name (SNI) and the protocols (ALPN) that the client asked for. */
  readonly serverName?: string;
  readonly protocols?: readonly string[];
}

/** TLS between a client and us. */
export interface ClientTlsRecord {
  readonly version: string;
  readonly cipher: string;
  /** What was agreed on, empty where the client offered nothing. */
  readonly alpn: string;
  /** The name that the client asked for (SNI). */
  readonly serverName?: string;
  readonly resumed: boolean;
}

/** Why a connection to upstream was opened. */
export type OpenReason = 'none-idle' | 'keep-alive-off' | 'idle-one-closed' | 'retry' | 'tunnel' | 'upgrade';

/** Why a connection was closed. */
export type CloseReason =
  | 'upstream-said-close'
  | 'upstream-closed'
  | 'http-1.0'
  | 'until-close-body'
  | 'idle-timeout'
  | 'idle-limit'
  | 'keep-alive-off'
  | 'error'
  | 'client-left'
  | 'surplus-bytes'
  | 'tunnel-ended'
  /** HTTP/2: upstream said GOAWAY. */
  | 'going-away'
  | 'settings-changed'
  | 'stopped';

/** One certificate of a chain. Long lists of names are cut. */
export interface CertificateRecord {
  /** As `CN=api.test, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Subject alternative names, as `DNS:api.test`. */
  readonly names: readonly string[];
  /** ms since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
  /** SHA-256, in hex with colons. */
  readonly fingerprint: string;
}

/** What TLS with upstream came to. */
export interface TlsRecord {
  readonly version: string;
  readonly cipher: string;
  /** Empty where none was negotiated. */
  readonly alpn: string;
  /** The server's own certificate first. */
  readonly chain: readonly CertificateRecord[];
  /** Whether the server sent an OCSP response along (RFC 6066 §8). */
  readonly stapled: boolean;
  /** Whether an earlier session was resumed. */
  readonly resumed: boolean;
  /** What is wrong with the certificate, in words; it was accepted nevertheless where the connection was used. */
  readonly problem?: string;
  /** The file of the client certificate that was set for the host. */
  readonly clientCertificate?: string;
}

/** How the connection for an exchange was come by. Times in ms. */
export interface ConnectionRecord {
  /** Number of the connection, unique within an engine. */
  readonly id: number;
  readonly kind: 'new' | 'reused';
  /** For new ones. */
  readonly reason?: OpenReason;
  /** The how manieth exchange on this connection, from 1. */
  readonly exchange: number;
  /** How long it had been idle, for reused ones. */
  readonly idleFor?: number;
  /** How long the exchange waited for a free connection (`pool.maxPerOrigin`). */
  readonly waitedFor?: number;
  /** `address:port` of upstream's end. */
  readonly remote: string;
  readonly localPort: number;
  /** For HTTP/2: the number of the stream, and how many others were under way when it began. */
  readonly http2?: { readonly stream: number; readonly others: number };
  /** The upstream proxy that it goes through, as `http://proxy:3128`; `remote` is then the proxy's. */
  readonly via?: string;
  /** Where it was connected to instead: what `wirelens.dnsOverrides` names for the host, or the target of its tunnel. */
  readonly overridden?: string;
  /** Negotiated TLS, where the connection has it; one value for all exchanges on a connection. */
  readonly tls?: TlsRecord;
  /** Set when the exchange was sent again on a new connection because the reused one died before any answer. */
  readonly retried?: boolean;
  /** Why the connection was closed after this exchange, where it was. */
  readonly closed?: CloseReason;
}

/** What was tolerated in an answer of upstream although it breaks a rule; shown on the flow. */
export type Leniency =
  | 'unknown-transfer-coding'
  | 'surplus-bytes'
  | 'bare-lf'
  | 'missing-reason'
  | 'space-before-colon'
  | 'duplicate-content-length'
  | 'invalid-field-dropped'
  | 'obs-fold'
  | 'transfer-encoding-in-http-1.0'
  | 'content-length-with-transfer-encoding';

/** Why a flow's messages are not read any further; its bytes go on as before. */
export type DecoderLoss =
  | 'reserved-bits'
  | 'reserved-opcode'
  | 'masking'
  | 'control-frame'
  | 'fragmentation'
  | 'length'
  /** An extension that we don't know was agreed on. */
  | 'unknown-extension'
  /** A Content-Encoding that we don't know. */
  | 'unknown-coding'
  /** Compressed bytes that cannot be decoded. */
  | 'not-decodable'
  /** A message that became too large when it was decoded. */
  | 'too-large'
  /** Messages came faster than they could be decoded. */
  | 'behind';
