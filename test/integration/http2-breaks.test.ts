// What breaks in the middle on a stream is never a clean end on the other side.
import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { trusted } from '../support/certificates.ts';
import { head, type Conversation } from '../support/conversation.ts';
import { frame, PREFACE, request, SETTINGS } from '../support/frames.ts';
import { ask, http2Client, Http2Origin } from '../support/http2.ts';
import { useStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

const NO_ERROR = Buffer.alloc(4);
/** `:status: 200`, by its place in the static table (RFC 7541 appendix A). */
const OK = Buffer.from([0x88]);
const END_HEADERS = 0x4;

/** Reads frames up to the next HEADERS. */
async function readHeaders(upstream: Conversation): Promise<void> {
  for (let type = -1; type !== 1;) {
    const start = await upstream.read(9);
    type = start.readUInt8(3);
    await upstream.read(start.readUIntBE(0, 3));
  }
}

describe('a break on a stream', () => {
  const stage = useStage();

  it('by upstream with NO_ERROR in the middle of an answer is one for the client too', async () => {
    const origin = await stage.origin();
    const proxy = await stage.proxy({ reverse: origin.url() });
    const asking = ask(http2Client(stage, proxy.port), { ':path': '/' });
    const upstream = await origin.accept();
    await upstream.expect(PREFACE.toString('latin1'));
    upstream.send(SETTINGS);
    await readHeaders(upstream);
    upstream.send(frame(1, END_HEADERS, 1, OK)).send(frame(0, 0, 1, Buffer.from('abc')));
    await until(() => proxy.flows()[0]?.responseBytes === 3, 'the content comes');
    upstream.send(frame(3, 0, 1, NO_ERROR));
    const answer = await asking;
    assert.notEqual(answer.reset, 0);
    assert.equal((await proxy.flow()).error?.code, 'stream-broken-off');
  });

  it('by a client with NO_ERROR in the middle of a request is one for upstream too', async () => {
    let whole = false;
    const origin = await stage.httpOrigin((incoming, response) => {
      incoming.resume();
      incoming.on('end', () => {
        whole = true;
        response.end();
      });
      incoming.on('error', () => undefined);
    });
    const proxy = await stage.proxy({ reverse: origin.url('') });
    const client = await stage.client(proxy);
    const block = Buffer.concat([request('a.test')]);
    client.send(
      Buffer.concat([PREFACE, SETTINGS, frame(1, END_HEADERS, 1, block), frame(0, 0, 1, Buffer.from('abc'))]),
    );
    await until(() => origin.requests.length === 1, 'it is at upstream');
    client.send(frame(3, 0, 1, NO_ERROR));
    const flow = await proxy.flow();
    assert.ok(flow.error?.code === 'client-left' || flow.error?.code === 'client-reset', flow.error?.code);
    await until(() => origin.open === 0, 'upstream is broken off');
    assert.equal(whole, false);
  });

  it('by a client of HTTP/1.1 in its request resets the stream to upstream', async () => {
    const seen: string[] = [];
    const origin = await Http2Origin.start(
      stage,
      (stream) => {
        stream.on('data', (chunk: Buffer) => void seen.push(chunk.toString()));
        stream.on('end', () => {
          if (!stream.aborted && stream.rstCode === 0) seen.push('end');
        });
        stream.on('close', () => void seen.push(`closed ${stream.rstCode}`));
      },
      { certificate: trusted },
    );
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    client.send(head(`POST ${origin.url('/')} HTTP/1.1`, `Host: ${origin.authority}`, 'Content-Length: 10'));
    client.send('abc');
    await until(() => seen.includes('abc'), 'the first part is at upstream');
    client.reset();
    await until(() => seen.length > 1, 'the stream is over');
    assert.deepEqual(seen, ['abc', `closed ${constants.NGHTTP2_CANCEL}`]);
  });

  it('of the whole connection ends all exchanges on it', async () => {
    const codes: number[] = [];
    const origin = await Http2Origin.start(stage, (stream) => {
      stream.on('close', () => void codes.push(stream.rstCode));
    });
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const answers = [1, 2].map(async () => await ask(client, { ':path': '/', ':authority': origin.authority }));
    await until(() => proxy.upstream().busy === 1 && proxy.engine.state().inFlight === 2, 'both are under way');
    client.destroy();
    await Promise.all(answers);
    await until(() => proxy.engine.state().inFlight === 0, 'none is under way');
    assert.equal((await proxy.flow(1)).error?.source, 'client');
    await until(() => codes.length <= 2 && proxy.upstream().busy === 0, 'upstream is free');
  });

  it('leaves no more of a request waiting than the windows let in', async () => {
    const origin = await Http2Origin.start(stage, (stream) => stream.pause());
    const proxy = await stage.proxy();
    const client = http2Client(stage, proxy.port);
    const stream = client.request({ ':method': 'POST', ':path': '/', ':authority': origin.authority });
    stream.on('error', () => undefined);
    let taken = 0;
    const piece = Buffer.alloc(16 * 1024);
    for (let count = 0; count < 1000; count += 1) stream.write(piece, (error) => (taken += error ? 0 : piece.length));
    await until(() => (proxy.flows()[0]?.requestBytes ?? 0) > 0, 'it comes');
    await stage.caughtUp(proxy);
    assert.ok(taken < 4 * 1024 * 1024, `${taken} bytes were taken`);
    stream.close(constants.NGHTTP2_CANCEL);
    await proxy.flow();
  });
});
