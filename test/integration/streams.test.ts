// Streamed answers: they reach the client as they come, and their events appear in the record while they do.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { createGzip, type Gzip } from 'node:zlib';
import type { FlowMessage } from '../../src/contract/messages.ts';
import { head } from '../support/conversation.ts';
import type { Proxy } from '../support/proxy.ts';
import { useStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';

async function messagesOf(proxy: Proxy): Promise<readonly FlowMessage[]> {
  const window = await proxy.engine.recorder.store.messageWindow(1, undefined, 200);
  assert.ok(window);
  assert.equal(window.lost, undefined);
  return window.messages;
}

async function previews(proxy: Proxy): Promise<string[]> {
  return (await messagesOf(proxy)).map(({ preview }) => preview);
}

async function counted(proxy: Proxy, count: number): Promise<void> {
  await until(
    () => proxy.flows()[0]?.messages === count,
    `${count} messages`,
    () => proxy.flows(),
  );
}

async function opened(proxy: Proxy, message: number, form: 'wire' | 'decoded' | 'pretty'): Promise<string> {
  const { bodies } = proxy.engine;
  const body = await bodies.openBody({ id: 'test.1', side: 'response', message, form });
  assert.ok(body);
  const bytes = await bodies.readBody(body.handle, 0);
  bodies.closeBody(body.handle);
  return Buffer.from(bytes).toString();
}

/** An origin whose answers the test writes. */
async function streaming(stage: Stage, type: string, fields: Record<string, string> = {}) {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const origin = await stage.httpOrigin((_request, response) => {
    response.writeHead(200, { 'Content-Type': type, ...fields });
    response.flushHeaders();
    resolve(response);
  });
  return { origin, answering: promise };
}

describe('an event stream', () => {
  const stage = useStage();

  it('reaches the client and the record event by event', async () => {
    const proxy = await stage.proxy();
    const { origin, answering } = await streaming(stage, 'text/event-stream');
    const client = await stage.client(proxy);
    client.send(head(`GET ${origin.url('/v1/events')} HTTP/1.1`, `Host: ${origin.authority}`));
    const response = await answering;
    // The head comes before there is a body.
    assert.match(await client.readHead(), /^HTTP\/1\.1 200 /);
    response.write('event: tick\nid: 7\ndata: {"n":1}\n\n');
    await client.expect('21\r\nevent: tick\nid: 7\ndata: {"n":1}\n\n\r\n');
    await counted(proxy, 1);
    assert.equal(proxy.flows()[0]?.state, 'streaming');
    const [first] = await messagesOf(proxy);
    assert.deepEqual(
      [first?.direction, first?.kind, first?.preview, first?.event, first?.eventId],
      ['received', 'event', '{"n":1}', 'tick', '7'],
    );
    response.write(': nothing but a comment\n\ndata: a\ndata: b\n');
    response.write('\n');
    await counted(proxy, 2);
    response.end();
    await proxy.flow();
    assert.deepEqual(await previews(proxy), ['{"n":1}', 'a\\nb']);
    assert.equal(await opened(proxy, 2, 'decoded'), 'a\nb');
    assert.equal(await opened(proxy, 1, 'pretty'), '{\n  "n": 1\n}');
    assert.equal(await opened(proxy, 1, 'wire'), 'event: tick\nid: 7\ndata: {"n":1}\n');
  });

  it('is the same byte by byte, with curl as its reader', async () => {
    const proxy = await stage.proxy();
    const { origin, answering } = await streaming(stage, 'text/event-stream; charset=utf-8');
    const text = 'data: é one\r\n\r\ndata: two\r\rid: 1\ndata: three\n\n';
    const reading = stage.curl('-sN', '-x', proxy.url, origin.url('/'));
    const response = await answering;
    response.socket?.setNoDelay(true);
    for (const byte of Buffer.from(text)) response.write(Buffer.from([byte]));
    await counted(proxy, 3);
    response.end();
    const { code, output } = await reading;
    // What curl wrote is given octet by octet.
    assert.deepEqual([code, Buffer.from(output, 'latin1').toString()], [0, text]);
    await proxy.flow();
    assert.deepEqual(await previews(proxy), ['é one', 'two', 'three']);
  });

  it('that is compressed is read as well', async () => {
    const proxy = await stage.proxy();
    const { origin, answering } = await streaming(stage, 'text/event-stream', { 'Content-Encoding': 'gzip' });
    const reading = stage.curl('-sN', '--compressed', '-x', proxy.url, origin.url('/'));
    const gzip = createGzip();
    gzip.pipe(await answering);
    await flushed(gzip, 'data: {"delta":"a"}\n\ndata: {"del');
    await counted(proxy, 1);
    await flushed(gzip, 'ta":"b"}\n\n');
    await counted(proxy, 2);
    gzip.end();
    assert.equal((await reading).output, 'data: {"delta":"a"}\n\ndata: {"delta":"b"}\n\n');
    assert.equal((await proxy.flow()).error, undefined);
    assert.deepEqual(await previews(proxy), ['{"delta":"a"}', '{"delta":"b"}']);
    assert.equal(await opened(proxy, 2, 'decoded'), '{"delta":"b"}');
  });

  it('that breaks off keeps the events that came', async () => {
    const proxy = await stage.proxy();
    const { origin, answering } = await streaming(stage, 'text/event-stream', { 'Content-Encoding': 'gzip' });
    const reading = stage.curl('-sN', '-x', proxy.url, origin.url('/'), '-o', '/dev/null');
    const response = await answering;
    const gzip = createGzip();
    gzip.pipe(response);
    await flushed(gzip, 'data: kept\n\ndata: cut');
    await counted(proxy, 1);
    response.socket?.resetAndDestroy();
    gzip.destroy();
    assert.notEqual((await reading).code, 0);
    assert.equal((await proxy.flow()).state, 'failed');
    assert.deepEqual(await previews(proxy), ['kept']);
  });
});

async function flushed(gzip: Gzip, text: string): Promise<void> {
  gzip.write(text);
  await new Promise<void>((fulfil) => gzip.flush(() => fulfil()));
}

describe('a body of a value a line', () => {
  const stage = useStage();

  for (const type of ['application/x-ndjson', 'application/jsonl']) {
    it(`of type ${type} is recorded line by line`, async () => {
      const proxy = await stage.proxy();
      const { origin, answering } = await streaming(stage, type);
      const reading = stage.curl('-sN', '-x', proxy.url, origin.url('/'));
      const response = await answering;
      response.write('{"a":1}\n{"b"');
      await counted(proxy, 1);
      response.write(':2}\n\n');
      await counted(proxy, 2);
      response.end('{"c":3}');
      await reading;
      await proxy.flow();
      assert.deepEqual(await previews(proxy), ['{"a":1}', '{"b":2}', '{"c":3}']);
      assert.equal(await opened(proxy, 3, 'pretty'), '{\n  "c": 3\n}');
    });
  }

  it('is found under the name of plain JSON where its length is unknown', async () => {
    const proxy = await stage.proxy();
    const { origin, answering } = await streaming(stage, 'application/json');
    const reading = stage.curl('-sN', '-x', proxy.url, origin.url('/'));
    const response = await answering;
    response.write('{"type":"ADDED"}\n');
    response.write('{"type":"MODIFIED"}\n');
    await counted(proxy, 2);
    response.end();
    await reading;
    assert.deepEqual(await previews(proxy), ['{"type":"ADDED"}', '{"type":"MODIFIED"}']);
  });

  it('of another type has no messages', async () => {
    const proxy = await stage.proxy();
    const { origin, answering } = await streaming(stage, 'text/plain');
    const reading = stage.curl('-sN', '-x', proxy.url, origin.url('/'));
    (await answering).end('{}\n{}\n');
    await reading;
    assert.equal((await proxy.flow()).messages, undefined);
  });

  it('says what is missing where the record of the body is truncated', async () => {
    const proxy = await stage.proxy({ finer: (all) => ({ ...all, capture: { ...all.capture, maxBody: 10 } }) });
    const { origin, answering } = await streaming(stage, 'application/x-ndjson');
    const reading = stage.curl('-sN', '-x', proxy.url, origin.url('/'));
    (await answering).end('"abc"\n"defgh"\n"ij"\n');
    await reading;
    await proxy.flow();
    assert.deepEqual(
      (await messagesOf(proxy)).map(({ size, kept, state }) => [size, kept, state]),
      [
        [5, 5, 'complete'],
        [7, 4, 'truncated'],
        [4, 0, 'truncated'],
      ],
    );
  });
});
