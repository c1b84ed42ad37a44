// Whom we trust: certificates verified, shown, excepted; authorities of the user; client certificates; sessions resumed.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { ClientCertificate } from '../../../src/contract/upstream.ts';
import {
  certificateFile,
  clientAuthority,
  otherName,
  trusted,
  unknownAuthority,
  type Certificate,
} from '../../support/certificates.ts';
import { head } from '../../support/conversation.ts';
import type { HttpOrigin } from '../../support/origin.ts';
import type { Proxy } from '../../support/proxy.ts';
import { useStage, type Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

async function server(stage: Stage, certificate: Certificate & TlsOptions): Promise<HttpOrigin> {
  return await stage.httpOrigin(
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      response.end(peer.subject === undefined ? 'nobody' : peer.subject.CN);
    },
    { certificate },
  );
}

/** One GET, on a connection of its own. */
async function get(stage: Stage, proxy: Proxy, url: string): Promise<{ status: number; body: string }> {
  const client = await stage.client(proxy);
  client.send(head(`GET ${url} HTTP/1.1`, `Host: ${new URL(url).host}`));
  return await client.readAnswer();
}

describe('TLS with upstream', () => {
  const stage = useStage();

  it('is recorded: version, cipher, ALPN, and the chain with all that tells certificates apart', async () => {
    const origin = await server(stage, trusted);
    const proxy = await stage.proxy();
    await get(stage, proxy, origin.url());
    const tls = (await proxy.detail()).connection?.tls;
    assert.ok(tls);
    const { version, alpn, resumed, stapled, cipher, problem, chain } = tls;
    assert.deepEqual([version, alpn, resumed, stapled, problem], ['TLSv1.3', 'http/1.1', false, false, undefined]);
    assert.match(cipher, /^TLS_AES_/);
    const known = new X509Certificate(trusted.cert);
    assert.deepEqual(chain[0], {
      subject: 'CN=trusted',
      issuer: 'CN=authority',
      names: ['DNS:localhost', 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1'],
      validFrom: Date.parse(known.validFrom),
      validTo: Date.parse(known.validTo),
      fingerprint: known.fingerprint256,
    });
    assert.deepEqual(
      chain.map(({ subject }) => subject),
      ['CN=trusted', 'CN=authority'],
    );
  });

  it('keeps one record a connection, and one chain for equal ones', async () => {
    const origin = await server(stage, trusted);
    const proxy = await stage.proxy();
    const client = await stage.client(proxy);
    for (let count = 0; count < 2; count += 1) {
      client.send(head(`GET ${origin.url()} HTTP/1.1`, `Host: ${origin.authority}`));
      await client.readAnswer();
    }
    proxy.engine.pool.closeAllIdle('idle-limit');
    await get(stage, proxy, origin.url());
    const [first, second, third] = [await proxy.detail(1), await proxy.detail(2), await proxy.detail(3)];
    assert.equal(first.connection?.tls, second.connection?.tls);
    assert.notEqual(third.connection?.tls, second.connection?.tls);
    assert.equal(third.connection?.tls?.chain, second.connection?.tls?.chain);
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`resumes sessions of ${maxVersion}, and still knows the chain`, async () => {
      const origin = await server(stage, { ...trusted, maxVersion });
      const proxy = await stage.proxy({ keepAlive: false });
      await get(stage, proxy, origin.url());
      await get(stage, proxy, origin.url());
      const [first, second] = [await proxy.detail(1), await proxy.detail(2)];
      assert.deepEqual([first.connection?.tls?.resumed, second.connection?.tls?.resumed], [false, true]);
      assert.equal(second.connection?.tls?.chain.length, 2);
      assert.equal(second.connection?.tls?.problem, undefined);
    });
  }

  it('tells whether an OCSP response was sent along', async () => {
    const origin = createServer(trusted, (_request, response) => void response.end());
    origin.on('OCSPRequest', (_certificate, _issuer, answer: (error: Error | null, response: Buffer) => void) => {
      answer(null, Buffer.from('stapled'));
    });
    await new Promise<void>((fulfil) => origin.listen(0, '127.0.0.1', fulfil));
    stage.closing(() => {
      origin.closeAllConnections();
      origin.close();
    });
    const proxy = await stage.proxy();
    await get(stage, proxy, `https://127.0.0.1:${(origin.address() as AddressInfo).port}/`);
    assert.equal((await proxy.detail()).connection?.tls?.stapled, true);
  });
});

describe('a certificate that does not verify', () => {
  const stage = useStage();
  const bad: readonly (readonly [string, Certificate, RegExp])[] = [
    ['from nobody that is trusted', unknownAuthority, /^self-signed certificate$/],
    ['for another name', otherName, /altnames/],
  ];

  for (const [name, certificate, reason] of bad) {
    it(`${name} gives 502 with the chain in the flow`, async () => {
      const origin = await server(stage, certificate);
      const proxy = await stage.proxy();
      assert.equal((await get(stage, proxy, origin.url())).status, 502);
      const { error, refusedTls, connection } = await proxy.detail();
      assert.equal(error?.code, 'certificate');
      assert.match(refusedTls?.problem ?? '', reason);
      assert.equal(refusedTls?.chain[0]?.fingerprint, new X509Certificate(certificate.cert).fingerprint256);
      assert.equal(connection, undefined);
      assert.equal(origin.requests.length, 0);
    });

    it(`${name} is accepted for hosts that are excepted, and the flow says so`, async () => {
      const origin = await server(stage, certificate);
      const proxy = await stage.proxy({ 'https.allowInvalidCertificates': [origin.authority] });
      assert.equal((await get(stage, proxy, origin.url())).status, 200);
      const flow = await proxy.detail();
      assert.equal(flow.unverified, true);
      assert.match(flow.connection?.tls?.problem ?? '', reason);
      assert.match(proxy.engine.origins()[0]?.key ?? '', /\(not verified\)$/);
    });
  }

  it('is refused again as soon as the exception is gone: no connection and no session outlives it', async () => {
    const origin = await server(stage, unknownAuthority);
    const proxy = await stage.proxy({ 'https.allowInvalidCertificates': ['127.0.0.1'] });
    assert.equal((await get(stage, proxy, origin.url())).status, 200);
    await proxy.parked(1);
    await proxy.configure({ port: proxy.port });
    assert.equal((await get(stage, proxy, origin.url())).status, 502);
  });

  it('leaves no mark on hosts that are excepted without need', async () => {
    const origin = await server(stage, trusted);
    const proxy = await stage.proxy({ 'https.allowInvalidCertificates': ['*'] });
    await get(stage, proxy, origin.url());
    assert.equal((await proxy.flow()).unverified, undefined);
  });
});

describe('files of authorities', () => {
  const stage = useStage();

  it('are trusted beside the known ones', async () => {
    const [own, usual] = [await server(stage, unknownAuthority), await server(stage, trusted)];
    const proxy = await stage.proxy({ 'https.extraCaFiles': [certificateFile('unknown.pem')] });
    assert.equal((await get(stage, proxy, own.url())).status, 200);
    assert.equal((await get(stage, proxy, usual.url())).status, 200);
    assert.equal((await proxy.flow()).unverified, undefined);
  });

  for (const file of ['missing.pem', 'client.pfx']) {
    it(`that cannot be used (${file}) give 502 with the name of the setting`, async () => {
      const origin = await server(stage, trusted);
      const proxy = await stage.proxy({ 'https.extraCaFiles': [certificateFile(file)] });
      assert.equal((await get(stage, proxy, origin.url())).status, 502);
      const { error } = await proxy.flow();
      assert.equal(error?.code, 'tls-file');
      assert.match(error?.message ?? '', new RegExp(`^wirelens\\.https\\.extraCaFiles: .*${file} cannot be used: `));
    });
  }
});

describe('client certificates', () => {
  const stage = useStage();
  const demanding = { ...trusted, ca: clientAuthority, requestCert: true };
  const [certFile, keyFile] = [certificateFile('client.pem'), certificateFile('client-key.pem')];

  const forms: Readonly<Record<string, Omit<ClientCertificate, 'host'>>> = {
    'of two PEM files': { certFile, keyFile },
    'with an encrypted key': { certFile, keyFile: certificateFile('client-encrypted-key.pem'), passphrase: 'test' },
    'in PKCS#12': { pfxFile: certificateFile('client.pfx'), passphrase: 'test' },
  };
  for (const [name, files] of Object.entries(forms)) {
    it(`${name} are shown to the hosts that they are for, and to no other`, async () => {
      const [origin, other] = [
        await server(stage, demanding),
        await server(stage, { ...demanding, rejectUnauthorized: false }),
      ];
      const proxy = await stage.proxy({ 'https.clientCertificates': [{ host: origin.authority, ...files }] });
      assert.equal((await get(stage, proxy, origin.url())).body, 'client');
      assert.equal((await get(stage, proxy, other.url())).body, 'nobody');
      assert.equal((await proxy.detail()).connection?.tls?.clientCertificate, files.pfxFile ?? certFile);
    });
  }

  it('with a wrong passphrase give 502 with the name of the setting', async () => {
    const origin = await server(stage, demanding);
    const files = { pfxFile: certificateFile('client.pfx'), passphrase: 'wrong' };
    const proxy = await stage.proxy({ 'https.clientCertificates': [{ host: '*', ...files }] });
    await get(stage, proxy, origin.url());
    const { error } = await proxy.flow();
    assert.equal(error?.code, 'tls-file');
    assert.match(error?.message ?? '', /^wirelens\.https\.clientCertificates: .*client\.pfx/);
    assert.doesNotMatch(error?.message ?? '', /wrong/);
  });

  it('that upstream demands and nobody has set give 502 and say so', async () => {
    const origin = await server(stage, demanding);
    const proxy = await stage.proxy();
    const answer = await get(stage, proxy, origin.url());
    assert.equal(answer.status, 502);
    assert.match(answer.body, /asks for a client certificate, and none is set .*wirelens\.https\.clientCertificates/s);
    assert.equal((await proxy.flow()).error?.code, 'client-certificate-needed');
  });

  it('that an upstream of TLS 1.2 demands are named as a possible cause', async () => {
    const origin = await server(stage, { ...demanding, maxVersion: 'TLSv1.2' });
    const proxy = await stage.proxy();
    assert.equal((await get(stage, proxy, origin.url())).status, 502);
    assert.match((await proxy.flow()).error?.advice ?? '', /client certificate/);
  });

  it('belong to the identity of the connection', async () => {
    const origin = await server(stage, { ...demanding, rejectUnauthorized: false });
    const proxy = await stage.proxy();
    await get(stage, proxy, origin.url());
    await proxy.parked(1);
    const certificates = [{ host: '127.0.0.1', certFile, keyFile }];
    await proxy.configure({ port: proxy.port, 'https.clientCertificates': certificates });
    assert.equal((await get(stage, proxy, origin.url())).body, 'client');
    await until(
      () => origin.accepted === 2,
      'a connection for each identity',
      () => origin.accepted,
    );
  });
});
