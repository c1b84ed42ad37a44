// The origin that the suite's tests speak to: answers as each test says, byte for byte, and remembers what it saw.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { trusted } from '../../support/certificates.ts';
import type { TestRequest } from './suite.ts';
import { joined, linesOf, valueOf, type Lines } from './values.ts';

/** One request that arrived for a test. */
export interface Seen {
  /** Of the client's request that caused it, from 1. */
  readonly number: number;
  readonly method: string;
  readonly fields: Lines;
  /** What was answered. */
  readonly status: number;
  /** Fields of the answer that have to arrive unchanged. */
  readonly checked: Lines;
  /** All fields of the answer. */
  readonly sent: Lines;
}

interface Course {
  readonly requests: readonly TestRequest[];
  readonly seen: Seen[];
}

interface Reply {
  readonly status: number;
  readonly phrase: string;
  readonly lines: Lines;
  readonly checked: Lines;
  readonly body: string;
}

const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 304]);

export class SuiteOrigin {
  readonly #server: Server;
  readonly #courses = new Map<string, Course>();

  readonly #scheme: string;

  private constructor(secure: boolean) {
    const serve: RequestListener = (request) => void this.#serve(request).catch(() => request.socket.destroy());
    this.#server = secure ? createSecureServer({ ...trusted }, serve) : createServer(serve);
    this.#scheme = secure ? 'https' : 'http';
  }

  /** @param secure whether it speaks TLS, with a certificate of the tests' authority. */
  static async start(secure: boolean): Promise<SuiteOrigin> {
    const origin = new SuiteOrigin(secure);
    await new Promise<void>((fulfil) => origin.#server.listen(0, '127.0.0.1', 1024, fulfil));
    return origin;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What arrived for the test with that identity. */
  seen(uuid: string): readonly Seen[] {
    return this.#courses.get(uuid)?.seen ?? [];
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((fulfil) => this.#server.close(fulfil));
  }

  async #serve(request: IncomingMessage): Promise<void> {
    // It came on a connection that is closing: nobody serves it, and who sent it sends it again (RFC 9112 §9.3.1).
    if (request.socket.writableEnded) return;
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const [, place, uuid = ''] = (request.url ?? '').split(/[/?]/);
    if (place === 'test') await this.#test(request, uuid);
    else if (place === 'config') this.#configure(request.socket, uuid, Buffer.concat(pieces).toString());
    else this.#tell(request.socket, uuid);
  }

  #configure(socket: Socket, uuid: string, body: string): void {
    this.#courses.set(uuid, { requests: JSON.parse(body) as TestRequest[], seen: [] });
    socket.end('HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }

  #tell(socket: Socket, uuid: string): void {
    const body = JSON.stringify(this.seen(uuid));
    socket.end(
      `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }

  async #test(request: IncomingMessage, uuid: string): Promise<void> {
    const { socket } = request;
    const course = this.#courses.get(uuid);
    const fields = linesOf(request.rawHeaders);
    const number = Number(joined(fields, 'req-num') ?? (course?.seen.length ?? 0) + 1);
    const entry = course?.requests[number - 1];
    if (course === undefined || entry === undefined) {
      socket.end('HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    if (entry.response_pause !== undefined) await wait(entry.response_pause * 1000);
    const reply = compose(request, uuid, course, entry, number);
    const { status, checked, lines: sent } = reply;
    course.seen.push({ number, method: request.method ?? '', fields, status, checked, sent });
    if (entry.disconnect === true) socket.destroy();
    else socket.end(written(reply, entry, request.method === 'HEAD'), 'latin1');
  }
}

function compose(request: IncomingMessage, uuid: string, course: Course, entry: TestRequest, number: number): Reply {
  const now = Date.now();
  const base = request.url ?? '';
  const [status, phrase] = statusOf(linesOf(request.rawHeaders), course, entry, number);
  const numbers = [...course.seen.map((one) => one.number), number].join(' ');
  const own: Lines = (entry.response_headers ?? []).map((field) => [field[0], valueOf(field, entry, now, base)]);
  const lines: (readonly [string, string])[] = [
    ['Server-Base-Url', base],
    ['Server-Request-Count', String(course.seen.length + 1)],
    ['Client-Request-Count', String(number)],
    ['Server-Now', String(now)],
    ...own,
  ];
  if (joined(own, 'content-type') === undefined) lines.push(['Content-Type', 'text/plain']);
  lines.push(['Request-Numbers', numbers]);
  const unchecked = (entry.response_headers ?? []).map(([, , checked]) => checked === false);
  return {
    status,
    phrase,
    lines,
    checked: own.filter((_, index) => unchecked[index] !== true),
    body: WITHOUT_CONTENT.has(status) ? '' : (entry.response_body ?? uuid),
  };
}

/** A request that should have been conditional on what was answered before, and is not, gets a status of its own. */
function statusOf(fields: Lines, course: Course, entry: TestRequest, number: number): readonly [number, string] {
  if (entry.expected_type?.endsWith('validated') !== true) return entry.response_status ?? [200, 'OK'];
  // What the cache answered by itself never came here: then the test's own words count.
  const unseen = (): Lines =>
    (course.requests[number - 2]?.response_headers ?? []).map(([name, value]) => [name, String(value)]);
  const before = course.seen.findLast((one) => one.number === number - 1)?.sent ?? unseen();
  const same = (condition: string, validator: string): boolean => {
    const value = joined(fields, condition);
    return value !== undefined && value === joined(before, validator);
  };
  const valid = same('if-modified-since', 'last-modified') || same('if-none-match', 'etag');
  return valid ? [304, 'Not Modified'] : [999, '304 Not Generated'];
}

function block(status: number, phrase: string, lines: Lines): string {
  return `HTTP/1.1 ${status} ${phrase}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
}

function written({ status, phrase, lines, body }: Reply, entry: TestRequest, head: boolean): string {
  const interim = (entry.interim_responses ?? []).map(
    ([code, fields]) => `${block(code, code === 102 ? 'Processing' : 'Early Hints', fields ?? [])}\r\n`,
  );
  const framed = joined(lines, 'content-length') !== undefined || joined(lines, 'transfer-encoding') !== undefined;
  const length = framed || head || WITHOUT_CONTENT.has(status) ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const close = joined(lines, 'connection') === undefined ? 'Connection: close\r\n' : '';
  return `${interim.join('')}${block(status, phrase, lines)}${length}${close}\r\n${head ? '' : body}`;
}
