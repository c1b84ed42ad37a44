// Programs of others that speak HTTP/2: curl, h2load, and gRPC.
import assert from 'node:assert/strict';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { trusted } from '../support/certificates.ts';
import { Http2Origin } from '../support/http2.ts';
import { useStage, type Stage } from '../support/stage.ts';

const asIs = (bytes: Buffer): Buffer => bytes;
const common = {
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
  requestStream: false,
};

const service = {
  echo: { ...common, path: '/test.Echo/echo', responseStream: false },
  count: { ...common, path: '/test.Echo/count', responseStream: true },
} satisfies ServiceDefinition;

const implementation = {
  echo: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    if (call.request.length === 0) {
      callback({ code: status.NOT_FOUND, details: 'nothing to say' });
      return;
    }
    const trailer = new Metadata();
    trailer.set('x-end', 'there');
    callback(null, Buffer.concat([Buffer.from('echo '), call.request]), trailer);
  },
  count: (call: ServerWritableStream<Buffer, Buffer>): void => {
    for (let number = 1; number <= 3; number += 1) call.write(Buffer.from(String(number)));
    call.end();
  },
};

/** A gRPC server, and a client that reaches it through a reverse port. */
async function grpc(stage: Stage): Promise<{ client: Client; proxy: Awaited<ReturnType<Stage['proxy']>> }> {
  const server = new Server();
  server.addService(service, implementation);
  const port = await new Promise<number>((fulfil, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) fulfil(bound);
      else reject(error);
    });
  });
  stage.closing(() => server.forceShutdown());
  const proxy = await stage.proxy({ reverse: `http://127.0.0.1:${port}` });
  const client = new Client(`127.0.0.1:${proxy.port}`, credentials.createInsecure());
  stage.closing(() => client.close());
  return { client, proxy };
}

describe('gRPC through a reverse port', () => {
  const stage = useStage();

  it('makes a unary call, whose status is in the record', async () => {
    const { client, proxy } = await grpc(stage);
    const answer = await new Promise<string>((fulfil, reject) => {
      client.makeUnaryRequest(service.echo.path, asIs, asIs, Buffer.from('hi'), (error, value) => {
        if (error === null) fulfil(String(value));
        else reject(error);
      });
    });
    assert.equal(answer, 'echo hi');
    const detail = await proxy.detail();
    assert.equal(detail.protocol, 'HTTP/2');
    assert.ok(detail.request?.fields.some(([name, value]) => name === 'te' && value === 'trailers'));
    assert.deepEqual(
      detail.response?.trailers.filter(([name]) => name === 'grpc-status' || name === 'x-end').toSorted(),
      [
        ['grpc-status', '0'],
        ['x-end', 'there'],
      ],
    );
  });

  it('fails a unary call as the server says', async () => {
    const { client } = await grpc(stage);
    const failure = await new Promise<{ code: number; details: string } | null>((fulfil) => {
      client.makeUnaryRequest(service.echo.path, asIs, asIs, Buffer.alloc(0), (error) => fulfil(error));
    });
    assert.deepEqual([failure?.code, failure?.details], [status.NOT_FOUND, 'nothing to say']);
  });

  it('streams from the server', async () => {
    const { client } = await grpc(stage);
    const call = client.makeServerStreamRequest(service.count.path, asIs, asIs, Buffer.from('go'));
    const got: string[] = [];
    for await (const message of call) got.push(String(message));
    assert.deepEqual(got, ['1', '2', '3']);
  });
});

describe('curl with prior knowledge', () => {
  const stage = useStage();

  it('gets through a reverse port what an upstream of HTTP/2 says', async () => {
    const origin = await Http2Origin.start(stage, (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/plain' });
      stream.end('over two');
    });
    const proxy = await stage.proxy({ reverse: origin.url() });
    const { code, output } = await stage.curl('--http2-prior-knowledge', '-w', ' %{http_version}', `${proxy.url}/x`);
    assert.deepEqual([code, output], [0, 'over two 2']);
    assert.equal((await proxy.detail()).request?.startLine, 'GET /x HTTP/2');
  });

  it('gets through a reverse port what an upstream of HTTP/1.1 says, and posts to it', async () => {
    const origin = await stage.httpOrigin((request, response) => void request.pipe(response));
    const proxy = await stage.proxy({ reverse: origin.url('') });
    const { code, output } = await stage.curl('--http2-prior-knowledge', '-d', 'posted', proxy.url);
    assert.deepEqual([code, output], [0, 'posted']);
  });

  it('gets through a tunnel, with HTTP/1.1 before that', async () => {
    const origin = await Http2Origin.start(stage, (stream) => {
      stream.respond();
      stream.end('inside');
    });
    const proxy = await stage.proxy();
    const { code, output } = await stage.curl('--http2-prior-knowledge', '-p', '-x', proxy.url, origin.url('/'));
    assert.deepEqual([code, output], [0, 'inside']);
    assert.equal((await proxy.flow(2)).protocol, 'HTTP/2');
  });

  it('gets what an upstream says that agrees on HTTP/2 by ALPN', async () => {
    const origin = await Http2Origin.start(
      stage,
      (stream) => {
        stream.respond();
        stream.end('agreed');
      },
      { certificate: trusted },
    );
    const proxy = await stage.proxy({ reverse: origin.url() });
    const { code, output } = await stage.curl(proxy.url);
    assert.deepEqual([code, output], [0, 'agreed']);
    assert.equal((await proxy.detail()).connection?.tls?.alpn, 'h2');
  });
});

describe('h2load at a reverse port', () => {
  const stage = useStage();

  for (const protocol of ['HTTP/2', 'HTTP/1.1']) {
    it(`ends with no error before an upstream of ${protocol}`, async () => {
      const origin =
        protocol === 'HTTP/2'
          ? await Http2Origin.start(stage, (stream) => {
              stream.respond({ ':status': 200 });
              stream.end('x'.repeat(1024));
            })
          : await stage.httpOrigin((_request, response) => response.end('x'.repeat(1024)));
      const proxy = await stage.proxy({ reverse: origin.url('') });
      const { code, output } = await stage.run('h2load', '-n', '2000', '-c', '4', '-m', '20', proxy.url);
      assert.equal(code, 0);
      assert.match(output, /2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout/);
    });
  }
});
