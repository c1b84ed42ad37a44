// One connection of the benchmark's own load generator: sends the same bytes again each time an answer is complete.
import { connect, type Socket } from 'node:net';
import { loadHost, type LoadJob } from './job.ts';
import { ResponseReader } from './response-reader.ts';

/** What all connections of a thread count together. */
export interface Tallies {
  requests: number;
  bytes: number;
  errors: number;
  firstError: string | undefined;
  /** Latencies in ms, as many as fit. */
  readonly latencies: Float64Array;
  latencyCount: number;
}

const mostLatencies = 2_000_000;

export function newTallies(): Tallies {
  return {
    requests: 0,
    bytes: 0,
    errors: 0,
    firstError: undefined,
    latencies: new Float64Array(mostLatencies),
    latencyCount: 0,
  };
}

/** Every socket of a thread reads into the same bytes: they are looked at at once and not kept. */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);
const tunnelOpen = /^HTTP\/1\.[01] 200[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n$/;

export class LoadClient {
  readonly #job: LoadJob;
  readonly #request: Buffer;
  readonly #tallies: Tallies;
  readonly #onResponse: (client: LoadClient) => void;
  #socket: Socket | undefined;
  #reader: ResponseReader | undefined;
  /** What the proxy answered to CONNECT so far; undefined once the tunnel stands. */
  #greeting: string | undefined;
  #body = 0;
  #sentAt = 0;
  #stopped = false;
  #answered = true;

  /** `onResponse` is called after each whole response; by default the next request goes out then. */
  constructor(job: LoadJob, tallies: Tallies, onResponse?: (client: LoadClient) => void) {
    this.#job = job;
    this.#request = Buffer.from(job.request, 'latin1');
    this.#tallies = tallies;
    this.#onResponse = onResponse ?? (() => this.next());
  }

  open(): void {
    const { port, tunnelTo } = this.#job;
    this.#greeting = tunnelTo === undefined ? undefined : '';
    this.#body = 0;
    this.#sentAt = performance.now();
    this.#answered = false;
    this.#reader = new ResponseReader({
      body: (piece) => this.#count(piece.length),
      end: (status) => this.#end(status),
    });
    const socket: Socket = connect({
      port,
      host: loadHost,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length) => this.#read(socket, readBuffer.subarray(0, length)) },
    });
    this.#socket = socket;
    socket.on('error', (error) => this.#lost(socket, error.message));
    socket.on('end', () => this.#ended(socket));
    socket.on('close', () => this.#lost(socket, 'the connection was closed'));
    if (tunnelTo === undefined) socket.write(this.#request);
    else socket.write(`CONNECT ${tunnelTo} HTTP/1.1\r\nHost: ${tunnelTo}\r\n\r\n`);
  }

  /** Sends the next request, on a new connection where that was asked for. */
  next(): void {
    if (this.#stopped) return;
    const socket = this.#socket;
    if (this.#job.newConnection || socket === undefined || !socket.writable) {
      this.#drop();
      this.open();
      return;
    }
    this.#answered = false;
    this.#sentAt = performance.now();
    socket.write(this.#request);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #read(socket: Socket, piece: Buffer): boolean {
    if (socket !== this.#socket) return true;
    if (this.#greeting !== undefined) {
      this.#greet(socket, piece);
      return true;
    }
    try {
      this.#reader?.push(piece);
    } catch (error) {
      this.#lost(socket, String(error));
    }
    return true;
  }

  #greet(socket: Socket, piece: Buffer): void {
    this.#greeting += piece.toString('latin1');
    const greeting = this.#greeting ?? '';
    if (!/\r?\n\r?\n/.test(greeting)) return;
    if (!tunnelOpen.test(greeting)) {
      this.#lost(socket, `CONNECT was answered with ${greeting.slice(0, 40)}`);
      return;
    }
    this.#greeting = undefined;
    socket.write(this.#request);
  }

  #count(bytes: number): void {
    this.#body += bytes;
    this.#tallies.bytes += bytes;
  }

  #end(status: number): void {
    const tallies = this.#tallies;
    const body = this.#body;
    this.#body = 0;
    this.#answered = true;
    if (status !== 200 || body !== this.#job.bodyBytes) {
      this.#fail(`status ${status} with ${body} bytes of body`);
    } else {
      tallies.requests += 1;
      if (tallies.latencyCount < mostLatencies) {
        tallies.latencies[tallies.latencyCount++] = performance.now() - this.#sentAt;
      }
    }
    if (!this.#stopped) this.#onResponse(this);
  }

  #ended(socket: Socket): void {
    if (socket === this.#socket) this.#reader?.close();
  }

  #fail(message: string): void {
    this.#tallies.errors += 1;
    this.#tallies.firstError ??= message;
  }

  /** A connection that breaks off under way is an error; one that ends between two requests is not. */
  #lost(socket: Socket, message: string): void {
    if (socket !== this.#socket || this.#stopped) return;
    this.#drop();
    if (this.#answered) return;
    this.#fail(message);
    // A proxy that refuses everything must not be asked in a busy loop.
    setTimeout(() => this.next(), 10);
  }
}
