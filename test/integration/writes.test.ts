// Counts how often the engine writes to its sockets: each write is a system call, and those are what a small exchange costs.
import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { head } from '../support/conversation.ts';
import { asked, forwarded, ok } from '../support/messages.ts';
import { useStage } from '../support/stage.ts';

interface Counts {
  readonly toClients: number;
  readonly toUpstream: number;
}

interface Writes {
  /** The counts so far. */
  read(): Counts;
  restore(): void;
}

/** Watches the two methods through which every stream hands bytes to the system. */
function watchWrites(proxyPort: number, originPort: number): Writes {
  const prototype = Socket.prototype as unknown as Record<'_write' | '_writev', (...given: unknown[]) => unknown>;
  const { _write: write, _writev: writev } = prototype;
  const counts = { toClients: 0, toUpstream: 0 };
  const counting = (method: (...given: unknown[]) => unknown) =>
    function (this: Socket, ...given: unknown[]): unknown {
      if (this.localPort === proxyPort) counts.toClients += 1;
      if (this.remotePort === originPort) counts.toUpstream += 1;
      return method.apply(this, given);
    };
  prototype._write = counting(write);
  prototype._writev = counting(writev);
  return {
    read: () => ({ ...counts }),
    restore: () => {
      prototype._write = write;
      prototype._writev = writev;
    },
  };
}

describe('a small exchange', () => {
  const stage = useStage();
  let writes: Writes | undefined;
  afterEach(() => writes?.restore());

  it('takes one write to upstream and one to the client', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    writes = watchWrites(proxy.port, origin.port);
    client.send(head(`POST ${origin.url('/')} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 4') + 'body');
    const upstream = await origin.accept();
    await upstream.expect(head('POST / HTTP/1.1', `Host: ${origin.authority}`, 'Content-Length: 4') + 'body');
    upstream.send(ok('yes'));
    await client.expect(ok('yes'));
    assert.deepEqual(writes.read(), { toClients: 1, toUpstream: 1 });
  });

  it('takes one write to the client where the cache answers', async () => {
    const proxy = await stage.proxy();
    const origin = await stage.origin();
    const client = await stage.client(proxy);
    client.send(asked(origin, '/'));
    const upstream = await origin.accept();
    await upstream.expect(forwarded(origin, '/'));
    upstream.send(ok('kept', 'Cache-Control: max-age=60'));
    await client.expect(ok('kept', 'Cache-Control: max-age=60'));
    writes = watchWrites(proxy.port, origin.port);
    client.send(asked(origin, '/'));
    assert.equal((await client.readAnswer()).body, 'kept');
    assert.deepEqual(writes.read(), { toClients: 1, toUpstream: 0 });
  });
});
