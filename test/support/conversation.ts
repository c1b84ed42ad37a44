// One end of a raw connection as a conversation: bytes sent, bytes expected in order, and ends told apart from breaks.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';

/** A message's head: lines joined with CRLF, with the empty line at the end. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** An answer that was read whole. All text is latin1. */
export interface ReadAnswer {
  readonly status: number;
  /** Status line and field lines, with the empty line. */
  readonly head: string;
  readonly body: string;
  /** The first value of that field. */
  field(name: string): string | undefined;
}

const patience = 8000;
// Longer texts are neither expected nor shown.
const longestText = 1024 * 1024;

/** Text is latin1 on the wire, one character an octet. */
export class Conversation {
  readonly socket: Socket;
  #pieces: Buffer[] = [];
  #size = 0;
  #ended = false;
  #closed = false;
  #failure: NodeJS.ErrnoException | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#pieces.push(chunk);
      this.#size += chunk.length;
      this.#wake?.();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake?.();
    });
    socket.on('error', (error) => (this.#failure = error));
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  /** Whether the other side has ended or broken the connection. */
  get over(): boolean {
    return this.#ended || this.#closed;
  }

  send(data: string | Buffer): this {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    return this;
  }

  /** Ends our direction. */
  end(): this {
    this.socket.end();
    return this;
  }

  /** Breaks the connection, with a reset unless our direction has ended: then it is too late for one. */
  reset(): void {
    if (this.socket.writableEnded) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  /** The next bytes are exactly these. */
  async expect(text: string): Promise<void> {
    await this.#wait(() => this.#size >= text.length || !text.startsWith(this.#text()), text);
    assert.equal(this.#text().slice(0, text.length), text);
    this.#take(text.length);
  }

  /** So many bytes. */
  async read(count: number): Promise<Buffer> {
    await this.#wait(() => this.#size >= count, `${count} bytes`);
    assert.ok(this.#size >= count, `only ${this.#size} of ${count} bytes came`);
    return this.#take(count);
  }

  /** Everything up to `mark` and with it. */
  async readThrough(mark: string): Promise<string> {
    const find = (): number => this.#joined().indexOf(mark, 0, 'latin1');
    await this.#wait(() => find() >= 0, mark);
    const at = find();
    assert.ok(at >= 0, `no ${JSON.stringify(mark)} in ${JSON.stringify(this.#text())}`);
    return this.#take(at + mark.length).toString('latin1');
  }

  /** A head with its empty line. */
  async readHead(): Promise<string> {
    return await this.readThrough('\r\n\r\n');
  }

  /** An answer with a body by Content-Length, or without a body. */
  async readAnswer(): Promise<ReadAnswer> {
    const text = await this.readHead();
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\\r$`, 'im').exec(text)?.[1];
    const body = await this.read(Number(field('content-length') ?? 0));
    return { status: Number(text.split(' ')[1]), head: text, body: body.toString('latin1'), field };
  }

  /** The other side ended its direction cleanly; the result is all that came before and was not read. */
  async rest(): Promise<string> {
    await this.#wait(() => this.over, 'the end');
    assert.equal(this.#failure, undefined, `broken instead of ended: ${this.#failure?.code}`);
    return this.#take(this.#size).toString('latin1');
  }

  /** The other side ended its direction cleanly, and nothing came before that. */
  async expectEnd(): Promise<void> {
    assert.equal(await this.rest(), '');
  }

  /** The other side broke the connection with a reset; the result is what came before. */
  async expectReset(): Promise<string> {
    await this.#wait(() => this.over, 'a reset');
    assert.equal(this.#failure?.code, 'ECONNRESET', `ended instead of broken, after ${JSON.stringify(this.#text())}`);
    return this.#take(this.#size).toString('latin1');
  }

  /** The connection is gone, whichever way. */
  async expectClose(): Promise<void> {
    await this.#wait(() => this.#closed, 'the close');
  }

  #joined(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] as Buffer;
  }

  #text(): string {
    return this.#joined().toString('latin1', 0, longestText);
  }

  #take(count: number): Buffer {
    const taken: Buffer[] = [];
    let left = count;
    while (left > 0) {
      const piece = this.#pieces.shift() as Buffer;
      taken.push(piece.subarray(0, left));
      if (piece.length > left) this.#pieces.unshift(piece.subarray(left));
      left -= Math.min(left, piece.length);
    }
    this.#size -= count;
    return Buffer.concat(taken);
  }

  /** Waits until `met` holds or nothing more can come. */
  async #wait(met: () => boolean, what: string): Promise<void> {
    await new Promise<void>((fulfil, reject) => {
      const timer = setTimeout(() => {
        this.#wake = undefined;
        reject(new Error(`waited for ${JSON.stringify(what)}, have ${JSON.stringify(this.#text().slice(0, 2000))}`));
      }, patience);
      const look = (): void => {
        if (!met() && !this.over) return;
        clearTimeout(timer);
        this.#wake = undefined;
        fulfil();
      };
      this.#wake = look;
      look();
    });
  }
}

/** Connects to a port of this machine. */
export async function connectTo(port: number, host = '127.0.0.1'): Promise<Conversation> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  await new Promise<void>((fulfil, reject) => {
    socket.once('connect', fulfil);
    socket.once('error', reject);
  });
  return new Conversation(socket);
}
