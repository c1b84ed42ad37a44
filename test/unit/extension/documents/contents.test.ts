// The contents of documents: bodies as text, media or hexdump, whole flows as text, requests as cURL.
import assert from 'node:assert/strict';
import { curlOf } from '../../../../src/extension/documents/curl.ts';
import {
  documentBytes,
  documentExtension,
  expectedKind,
  kindOfBytes,
  languageOfBody,
} from '../../../../src/extension/documents/body-kind.ts';
import { flowText } from '../../../../src/extension/documents/flow-text.ts';
import { FlowStore } from '../../../../src/extension/model/flow-store.ts';
import type { EngineCalls } from '../../../../src/contract/engine.ts';
import type { FlowDetail } from '../../../../src/contract/model.ts';
import { detail, message, plainly } from '../support/values.ts';

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

describe('the kind of a body', () => {
  it('follows its type where VS Code has a viewer', () => {
    assert.equal(expectedKind('image/png'), 'media');
    assert.equal(expectedKind('video/mp4'), 'media');
    assert.equal(expectedKind('image/svg+xml'), 'text');
    assert.equal(expectedKind('application/json'), 'text');
    assert.equal(expectedKind(undefined), 'text');
  });

  it('follows its bytes otherwise', () => {
    assert.equal(kindOfBytes('text', Buffer.from('größe\tund\u001b[31mrot\r\n')), 'text');
    assert.equal(kindOfBytes('text', Buffer.from([1, 2, 0])), 'bytes');
    assert.equal(kindOfBytes('text', Buffer.from('\ufeffa', 'utf16le')), 'text');
    assert.equal(kindOfBytes('media', Buffer.from([0])), 'media');
    assert.equal(kindOfBytes('text', Buffer.alloc(0)), 'text');
  });

  it('gives the name’s extension and the language', () => {
    assert.equal(documentExtension('text', 'application/problem+json; charset=utf-8'), '.json');
    assert.equal(documentExtension('text', undefined), '.txt');
    assert.equal(documentExtension('bytes', 'application/pdf'), '.pdf.hex.txt');
    assert.equal(documentExtension('media', 'image/png'), '.png');
    assert.equal(languageOfBody('text/html'), 'html');
    assert.equal(languageOfBody(undefined), 'plaintext');
  });
});

describe('documentBytes', () => {
  it('converts text to UTF-8', () => {
    assert.equal(
      text(documentBytes('text', Buffer.from('größe', 'latin1'), 'text/plain; charset=ISO-8859-1')),
      'größe',
    );
    assert.equal(text(documentBytes('text', Buffer.from('größe'), 'text/plain')), 'größe');
    assert.equal(text(documentBytes('text', Buffer.from('abc'), 'text/plain; charset=klingon')), 'abc');
  });

  it('leaves media alone and dumps the rest', () => {
    const bytes = Buffer.from([0x41, 0]);
    assert.equal(documentBytes('media', bytes, 'image/png'), bytes);
    assert.match(text(documentBytes('bytes', bytes, undefined)), /41 00/);
  });

  it('dumps 4 MiB at the most, and says how much more there is', () => {
    const dump = text(documentBytes('bytes', Buffer.alloc(4 * 1024 * 1024 + 512), undefined));
    assert.match(dump.slice(-20), /… 512 B\n$/);
  });
});

describe('flowText', () => {
  const surroundings = { t: plainly, revealed: false };

  it('reads from top to bottom', () => {
    const lines = flowText(detail(1), surroundings).split('\n');
    assert.deepEqual(lines.slice(0, 2), [
      '# URL:        http://api.test:8080/v1/users?page=1',
      '# Started:    2026-01-02T03:04:05.000Z',
    ]);
    const heads = lines.slice(lines.indexOf('### Request'));
    assert.deepEqual(heads, [
      '### Request',
      'GET http://api.test:8080/v1/users HTTP/1.1',
      'Host: api.test:8080',
      'Authorization: Bearer ••••••',
      '',
      '### Response',
      'HTTP/1.1 200 OK',
      'Content-Type: application/json',
      '',
      '# Body: 1.2 kB',
      '',
      '# Secrets are masked. "Wirelens: Reveal or hide secrets" shows them.',
      '',
    ]);
  });

  it('shows secrets when it is told to, and says nothing of masks then', () => {
    const shown = flowText(detail(1), { ...surroundings, revealed: true });
    assert.match(shown, /^Authorization: Bearer abc\.def$/m);
    assert.doesNotMatch(shown, /masked/);
  });

  it('counts the messages of an upgraded connection, whose bytes are no body', () => {
    const response = message('HTTP/1.1 101 Switching Protocols', [], 500);
    const shown = flowText(detail(1, { kind: 'upgrade', messages: 12, response }), surroundings);
    assert.match(shown, /^# Messages: +12$/m);
    assert.doesNotMatch(shown, /Body:/);
    assert.match(flowText(detail(1, { messages: 12 }), surroundings), /Body: 1\.2 kB/);
  });

  it('shows refused bytes, interim answers, trailers and errors', () => {
    const error = {
      code: 'broken-off',
      source: 'upstream',
      message: 'Upstream broke off',
      advice: 'Look there.',
    } as const;
    const response = { ...message('HTTP/1.1 200 OK', [], 5), trailers: [['Sum', '1']] as const };
    const interim = [{ startLine: 'HTTP/1.1 103 Early Hints', fields: [['Link', '</a>']] as const }];
    const shown = flowText(detail(1, { error, response, interim, refusedBytes: 'GET\\x00' }), surroundings);
    assert.match(shown, /^# Error: +Upstream broke off\. Look there\.$/m);
    assert.match(shown, /### Refused bytes\nGET\\x00\n/);
    assert.match(shown, /### Interim answer\nHTTP\/1\.1 103 Early Hints\nLink: <\/a>\n/);
    assert.match(shown, /# Trailers\nSum: 1\n/);
  });
});

describe('curlOf', () => {
  function store(flow: FlowDetail | undefined, body = ''): FlowStore {
    const answers: {
      [Name in keyof EngineCalls]?: (argument: EngineCalls[Name]['argument']) => EngineCalls[Name]['result'];
    } = {
      flowDetail: () => flow,
      openBody: () => ({ handle: 1, size: body.length }),
      readBody: ({ offset }) => Buffer.from(body).subarray(offset),
      closeBody: () => undefined,
    };
    return new FlowStore(async (name, argument) => {
      const answer = answers[name];
      assert.ok(answer, name);
      return answer(argument);
    });
  }

  it('holds method, fields with their secrets, and the body', async () => {
    const request = message('POST http://api.test:8080/v1/users HTTP/1.1', [['Authorization', 'Bearer abc.def']], 5);
    const curl = await curlOf(store(detail(1, { method: 'POST', request }), 'a=1&b'), 'e1.1');
    assert.ok(curl.kind === 'command');
    assert.match(curl.text, /^curl /);
    assert.match(curl.text, /Bearer abc\.def/);
    assert.match(curl.text, /a=1&b/);
    assert.equal(curl.withoutBody, false);
  });

  it('tells that a truncated body is not in it', async () => {
    const whole = message('POST / HTTP/1.1', [], 5);
    const request = { ...whole, body: { size: 5, kept: 2, state: 'truncated' as const } };
    const curl = await curlOf(store(detail(1, { method: 'POST', request })), 'e1.1');
    assert.ok(curl.kind === 'command');
    assert.equal(curl.withoutBody, true);
  });

  it('has none for tunnels and for what is gone', async () => {
    assert.deepEqual(await curlOf(store(detail(1, { kind: 'tunnel', url: 'a.test:443' })), 'e1.1'), { kind: 'none' });
    assert.deepEqual(await curlOf(store(undefined), 'e1.1'), { kind: 'none' });
  });
});
