// What stands below a request: sections in their order, header lines as they came, decisions in words.
import assert from 'node:assert/strict';
import type { FlowDetail, Timing } from '../../../../src/contract/model.ts';
import { mask } from '../../../../src/extension/model/secrets.ts';
import { bodyRemark, detailSections, detailTooltip, timingText } from '../../../../src/extension/views/detail-rows.ts';
import { detail, message, plainly, startOfTests } from '../support/values.ts';

const surroundings = { t: plainly, now: startOfTests, revealed: false };

function sections(changes: Partial<FlowDetail> = {}, revealed = false) {
  return detailSections(detail(1, changes), { ...surroundings, revealed });
}

function section(label: RegExp, changes: Partial<FlowDetail> = {}, revealed = false) {
  const found = sections(changes, revealed).find(({ item }) => label.test(item.label));
  assert.ok(found, `no section ${label}`);
  return found;
}

describe('detailSections', () => {
  it('come in the order in which they are read', () => {
    assert.deepEqual(
      sections().map(({ item }) => item.label),
      ['General', 'Request headers (2)', 'Response headers (1)', 'Response body', 'Timing', 'Connection', 'Cache'],
    );
  });

  it('say what they hold without being opened', () => {
    assert.equal(section(/General/).item.description, 'GET http://api.test:8080/v1/users?page=1');
    assert.equal(section(/Response headers/).item.description, 'HTTP/1.1 200 OK');
    assert.equal(section(/Response body/).item.description, '1.2 kB · application/json');
    assert.equal(
      section(/Timing/).item.description,
      '34 ms = queued 0 ms + connect 2 ms + sent 0 ms + waiting 30 ms + download 2 ms',
    );
    assert.match(
      section(/Connection/).item.description ?? '',
      /^#3 · Reused: 4th exchange, idle 1\.2 s → 127\.0\.0\.1:8080$/,
    );
    assert.match(
      section(/Cache/).item.description ?? '',
      /Miss: nothing stored.*Not stored: `no-store` in the response \(RFC 9111 §5\.2\.2\.5\)/,
    );
  });

  it('show header lines in their order, case and number, secrets masked, and copy the real value', () => {
    const request = message('GET / HTTP/1.1', [
      ['host', 'a'],
      ['X-Twice', '1'],
      ['Authorization', 'Bearer abc'],
      ['x-twice', '2'],
    ]);
    const { children } = section(/Request headers/, { request });
    assert.deepEqual(
      children.map((line) => [line.label, line.description]),
      [
        ['host', 'a'],
        ['X-Twice', '1'],
        ['Authorization', `Bearer ${mask}`],
        ['x-twice', '2'],
      ],
    );
    assert.equal(children[2]?.copies, 'Bearer abc');
    const [, , shown] = section(/Request headers/, { request }, true).children;
    assert.equal(shown?.description, 'Bearer abc');
  });

  it('read UTF-8 in header lines, and write out what an editor would obey', () => {
    const value = Buffer.from('größe').toString('latin1');
    const response = message('HTTP/1.1 200 OK', [
      ['X-Name', value],
      ['X-Odd', 'a\u001bb'],
    ]);
    const { children } = section(/Response headers/, { response });
    assert.deepEqual(
      children.map((line) => line.description),
      ['größe', 'a\\x1bb'],
    );
  });

  it('show trailers below the header lines', () => {
    const response = { ...message('HTTP/1.1 200 OK', [['A', '1']]), trailers: [['Checksum', 'x']] as const };
    assert.deepEqual(
      section(/Response headers/, { response }).children.map((line) => line.label),
      ['A', 'Checksum'],
    );
  });

  it('begin with the error and what to do about it', () => {
    const error = {
      code: 'connection-refused',
      source: 'upstream',
      message: 'Upstream refused',
      advice: 'Start it.',
    } as const;
    const [first] = sections({ error, state: 'failed' });
    assert.equal(first?.item.label, 'Error');
    assert.deepEqual(
      first?.children.map((child) => child.description),
      ['Start it.', 'upstream'],
    );
  });

  it('leave out what there was not', () => {
    const { connection: _connection, decision: _decision, request: _request, response: _response, ...bare } = detail(1);
    const labels = detailSections({ ...bare, timing: {}, refusedBytes: 'GET\\x00' }, surroundings).map(
      ({ item }) => item.label,
    );
    assert.deepEqual(labels, ['General', 'Timing']);
  });

  it('name what was tolerated, removed and refused', () => {
    const { children } = section(/General/, {
      leniencies: ['bare-lf'],
      removed: { request: ['Proxy-Connection'], response: ['Keep-Alive'] },
      refusedBytes: 'GET\\x00',
    });
    const facts = new Map(children.map((child) => [child.label, child.description]));
    assert.equal(facts.get('Tolerated'), 'lines ended by LF alone');
    assert.equal(facts.get('Not forwarded to upstream'), 'Proxy-Connection');
    assert.equal(facts.get('Not forwarded to the client'), 'Keep-Alive');
    assert.equal(facts.get('Refused bytes'), 'GET\\x00');
  });

  it('have the messages in place of the bytes of a WebSocket', () => {
    const labels = sections({ kind: 'upgrade', messages: 1200 }).map(({ item }) => item.label);
    assert.ok(labels.includes('Messages (1,200)'));
    assert.ok(!labels.includes('Response body'));
  });

  it('have the messages of a stream beside its body', () => {
    const labels = sections({ messages: 2, state: 'streaming' }).map(({ item }) => item.label);
    assert.deepEqual(labels.slice(3, 5), ['Response body', 'Messages (2)']);
    assert.equal(section(/Messages/, { messages: 2, state: 'streaming' }).item.description, 'streaming');
  });

  it('have ids that are unique and begin with the flow’s', () => {
    const ids = sections({ interim: [{ startLine: 'HTTP/1.1 103 Early Hints', fields: [] }] }).flatMap(
      ({ item, children }) => [item.id, ...children.map((child) => child.id)],
    );
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.every((id) => id.startsWith('e1.1/')));
  });
});

describe('bodyRemark', () => {
  it('tells what is missing', () => {
    const remark = (state: 'complete' | 'partial' | 'truncated' | 'dropped') =>
      bodyRemark({ size: 9000, kept: 512, state }, plainly);
    assert.equal(remark('complete'), undefined);
    assert.equal(remark('partial'), 'incomplete');
    assert.equal(remark('truncated'), 'truncated to 512 B in the record');
    assert.equal(remark('dropped'), 'dropped from the record');
  });
});

describe('timingText', () => {
  const text = (timing: Timing, kind: FlowDetail['kind'] = 'exchange'): string => timingText({ kind, timing }, plainly);

  it('says so while there is none', () => {
    assert.equal(text({}), 'not finished');
    assert.equal(text({ queued: 1 }), 'queued 1 ms');
    assert.equal(text({ total: 3 }), '3 ms');
  });

  it('calls a download only what came from upstream', () => {
    assert.equal(text({ firstByte: 1, download: 2, total: 3 }), '3 ms = waiting 1 ms + download 2 ms');
    assert.equal(text({ queued: 1, download: 2, total: 3 }), '3 ms = queued 1 ms + answer 2 ms');
    assert.equal(text({ connect: 1, download: 2, total: 3 }, 'tunnel'), '3 ms = connect 1 ms + open 2 ms');
  });
});

describe('detailTooltip', () => {
  it('holds answer, timing, connection and cache', () => {
    const names = detailTooltip(detail(1), surroundings).map(([name]) => name);
    assert.deepEqual(names, ['GET', 'Answer', 'Started', 'Timing', 'Connection', 'Cache', 'Body bytes']);
  });
});
