// Opens a tunnel through an upstream proxy on a socket to it: CONNECT (RFC 9110 §9.3.6) or SOCKS5, failures by name.
import type { Socket } from 'node:net';
import { ProxyError } from '../../contract/errors.ts';
import { proxyName, type UpstreamProxy } from '../../contract/upstream.ts';
import type { ResponseHead } from '../../http/head.ts';
import type { ParserLimits } from '../../http/head-scanner.ts';
import { ResponseParser } from '../../http/parser.ts';
import { formatAuthority } from '../../http/target.ts';
import { WireError } from '../../http/wire-error.ts';
import { systemWords } from './causes.ts';
import { SocksHandshake, type SocksTarget } from './socks5.ts';
import { readUntil, step, type StepLimits } from './step.ts';

const nothing = (): void => undefined;

/** The value of Proxy-Authorization for a proxy with credentials (RFC 7617). */
export function proxyAuthorization({ username, password = '' }: UpstreamProxy): string | undefined {
  return username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** What a 407 means: nobody has told us a name, or the one that we know is wrong. */
export function authenticationFailure(proxy: UpstreamProxy, cause: string): ProxyError {
  const what =
    proxy.username === undefined ? 'asks for a user name and a password' : 'refused the user name and password';
  return new ProxyError('proxy-authentication', { proxy: proxyName(proxy), what, cause });
}

function refusedBy(proxy: UpstreamProxy, address: string, cause: string): ProxyError {
  return new ProxyError('proxy-refused', { proxy: proxyName(proxy), address, cause });
}

function judge(proxy: UpstreamProxy, address: string, { status, reason }: ResponseHead): ProxyError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const cause = reason === '' ? String(status) : `${status} ${reason}`;
  return status === 407 ? authenticationFailure(proxy, cause) : refusedBy(proxy, address, cause);
}

/** Where a tunnel leads, and through what. */
export interface Passage {
  readonly proxy: UpstreamProxy;
  readonly target: SocksTarget;
  readonly limits: StepLimits;
  readonly parserLimits: ParserLimits;
}

type Done = () => void;
type Fail = (error: Error) => void;

function connectThrough(socket: Socket, { proxy, target, parserLimits }: Passage, done: Done, fail: Fail): void {
  const address = formatAuthority(target.host, target.port);
  let verdict: { readonly error: ProxyError | undefined } | undefined;
  const none = { interim: nothing, content: nothing, wire: nothing, end: nothing, lenient: nothing };
  const parser = new ResponseParser(parserLimits, {
    ...none,
    head: (head) => (verdict = { error: judge(proxy, address, head) }),
  });
  parser.expect('CONNECT');
  readUntil(socket, (chunk) => {
    let consumed: number;
    try {
      consumed = parser.push(chunk);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      fail(new ProxyError('proxy-failed', { proxy: proxyName(proxy), cause: `no valid HTTP, ${error.rule}` }, error));
      return chunk.length;
    }
    if (verdict === undefined) return undefined;
    if (verdict.error === undefined) done();
    else fail(verdict.error);
    return consumed;
  });
  const authorization = proxyAuthorization(proxy);
  const credentials = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${address} HTTP/1.1\r\nHost: ${address}\r\n${credentials}\r\n`, 'latin1');
}

function socksThrough(socket: Socket, { proxy, target }: Passage, done: Done, fail: Fail): void {
  const { username, password = '' } = proxy;
  const handshake = new SocksHandshake(target, username === undefined ? undefined : { username, password });
  readUntil(socket, (chunk) => {
    const event = handshake.push(chunk);
    switch (event.kind) {
      case 'more':
        return undefined;
      case 'send':
        socket.write(event.bytes);
        return undefined;
      case 'open':
        done();
        return event.consumed;
      case 'failed': {
        const address = formatAuthority(target.host, target.port);
        if (event.why === 'authentication') fail(authenticationFailure(proxy, event.cause));
        else if (event.why === 'refused') fail(refusedBy(proxy, address, event.cause));
        else fail(new ProxyError('proxy-failed', { proxy: proxyName(proxy), cause: event.cause }));
        return chunk.length;
      }
    }
  });
  socket.write(handshake.greeting);
}

/** Opens the tunnel; afterwards the socket is paused and carries the target's bytes. */
export async function passThrough(socket: Socket, passage: Passage): Promise<void> {
  const { proxy, limits } = passage;
  await step<void>(socket, {
    limits,
    start: (done, fail) => {
      const run = proxy.scheme === 'socks5' ? socksThrough : connectThrough;
      run(socket, passage, done, fail);
    },
    name: (error) => {
      const cause = error === undefined ? 'it closed the connection' : systemWords(error);
      return new ProxyError('proxy-failed', { proxy: proxyName(proxy), cause }, error);
    },
    late: () =>
      new ProxyError('proxy-failed', { proxy: proxyName(proxy), cause: 'no answer in time (timeouts.connect)' }),
  });
}
