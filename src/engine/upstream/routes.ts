// Decides how each upstream is reached, by the settings: through which proxy, at which address, with what trust.
import { isIP } from 'node:net';
import { isLoopback } from '../../base/loopback.ts';
import type { UpstreamProxy, UpstreamSettings } from '../../contract/upstream.ts';
import { HostPatterns } from '../../rules/host-patterns.ts';
import type { UpstreamIdentity, Via } from './identity.ts';
import type { OwnAddress } from './resolve.ts';

/** In `noProxy`: loopback addresses go through the proxy too. Chromium's word for it. */
const NOT_LOOPBACK = '<-loopback>';

/** A request may be asked of an HTTP proxy by its URL; a tunnel is opened through it. */
type Use = 'request' | 'tunnel';

interface Override {
  readonly patterns: HostPatterns;
  readonly address: string;
}

function isLocal(host: string): boolean {
  return isLoopback(host) || host.endsWith('.localhost');
}

export class Routes {
  #settings: UpstreamSettings;
  /** Nothing is set: every identity stays as it is. */
  #straight = true;
  #noProxy = new HostPatterns([], 'with-subdomains');
  #loopbackToo = false;
  #overrides: readonly Override[] = [];
  #invalid = new HostPatterns([], 'exact');
  #certificates: readonly { readonly patterns: HostPatterns; readonly file: string }[] = [];

  readonly #isOwn: OwnAddress;

  constructor(settings: UpstreamSettings, isOwn: OwnAddress) {
    this.#settings = settings;
    this.#isOwn = isOwn;
    this.configure(settings);
  }

  configure(settings: UpstreamSettings): void {
    const { httpProxy, httpsProxy, noProxy, dnsOverrides, allowInvalidCertificates, clientCertificates } = settings;
    this.#settings = settings;
    this.#noProxy = new HostPatterns(noProxy, 'with-subdomains');
    this.#loopbackToo = noProxy.includes(NOT_LOOPBACK);
    // The exact name counts before a pattern, whatever their order.
    const overrides = Object.entries(dnsOverrides).toSorted(([one], [other]) => wildness(one) - wildness(other));
    this.#overrides = overrides.map(([host, address]) => ({ patterns: new HostPatterns([host], 'exact'), address }));
    this.#invalid = new HostPatterns(allowInvalidCertificates, 'exact');
    this.#certificates = clientCertificates.map((one) => ({
      patterns: new HostPatterns([one.host], 'exact'),
      file: one.pfxFile ?? one.certFile ?? '',
    }));
    this.#straight =
      httpProxy === undefined &&
      httpsProxy === undefined &&
      overrides.length === 0 &&
      allowInvalidCertificates.length === 0 &&
      clientCertificates.length === 0;
  }

  /** Completes the identity of an upstream by what is set for it. */
  identityFor(asked: UpstreamIdentity, use: Use): UpstreamIdentity {
    return this.#straight ? asked : this.#complete(asked, use);
  }

  #complete(asked: UpstreamIdentity, use: Use): UpstreamIdentity {
    const { scheme, host, port } = asked;
    const address = this.#overrides.find(({ patterns }) => patterns.has(host, port))?.address;
    const via = this.#via(asked, use, address);
    const secure = scheme === 'https';
    const file = secure ? this.#certificates.find(({ patterns }) => patterns.has(host, port))?.file : undefined;
    return {
      ...asked,
      ...(address === undefined ? {} : { address }),
      ...(via === undefined ? {} : { via }),
      ...(secure && this.#invalid.has(host, port) ? { unverified: true as const } : {}),
      ...(file === undefined ? {} : { clientCertificate: file }),
    };
  }

  #via({ scheme, host, port }: UpstreamIdentity, use: Use, address: string | undefined): Via | undefined {
    const tunnelled = use === 'tunnel' || scheme === 'https';
    const proxy = tunnelled ? this.#settings.httpsProxy : this.#settings.httpProxy;
    if (proxy === undefined || this.#goesAround(host, port) || this.#isOurselves(proxy)) return undefined;
    if (address !== undefined && this.#goesAround(address, port)) return undefined;
    return { proxy, tunnel: tunnelled || !takesUrls(proxy) || address !== undefined };
  }

  /** A default that leads back to us was meant for clients, such as our own `HTTP_PROXY` in a terminal. */
  #isOurselves({ host, port }: UpstreamProxy): boolean {
    if (this.#settings.proxyByDefault === undefined) return false;
    const addresses = isLocal(host) && isIP(host) === 0 ? ['127.0.0.1', '::1'] : [host];
    return addresses.some((address) => this.#isOwn(address, port));
  }

  #goesAround(host: string, port: number): boolean {
    if (!this.#loopbackToo && isLocal(host)) return true;
    return this.#noProxy.has(host, port);
  }
}

function wildness(pattern: string): number {
  return pattern.includes('*') || pattern.startsWith('.') ? 1000 - pattern.length : 0;
}

function takesUrls(proxy: UpstreamProxy): boolean {
  return proxy.scheme !== 'socks5';
}
