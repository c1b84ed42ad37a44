// The messages below a request: newest first, each with its direction, and the end of what is recorded said in words.
import assert from 'node:assert/strict';
import type { FlowMessage } from '../../../../src/contract/messages.ts';
import { messageRows } from '../../../../src/extension/views/message-rows.ts';
import { flowMessage, messageWindow, plainly, startOfTests } from '../support/values.ts';

const surroundings = { t: plainly, now: startOfTests, revealed: false };

function row(changes: Partial<FlowMessage>) {
  const window = { total: 1, oldest: 1, messages: [flowMessage(1, changes)] };
  const [item] = messageRows('e1.1', window, surroundings);
  assert.ok(item);
  return item;
}

describe('messageRows', () => {
  it('show direction, beginning, time and size, and open the message', () => {
    const sent = row({ preview: '{"ask":1}' });
    assert.deepEqual([sent.icon?.id, sent.label, sent.description], ['arrow-up', '{"ask":1}', '03:04:05.006 · 9 B']);
    assert.deepEqual(sent.command?.arguments, [{ id: 'e1.1', message: 1 }]);
    assert.equal(row({ direction: 'received' }).icon?.id, 'arrow-down');
    assert.match(row({ direction: 'received' }).spoken ?? '', /^Received, say 1, /);
  });

  it('name what has no text', () => {
    assert.equal(row({ kind: 'binary', preview: '' }).label, 'Binary');
    assert.equal(row({ kind: 'ping', preview: '' }).label, 'Ping');
    assert.equal(row({ kind: 'pong', preview: 'x' }).label, 'Pong · x');
    const close = { code: 1001, reason: 'gone' };
    assert.equal(row({ kind: 'close', preview: 'gone', close }).label, 'Close 1001 · gone');
    assert.equal(row({ kind: 'close', preview: '' }).label, 'Close');
    assert.equal(row({ preview: '' }).label, '(empty)');
  });

  it('name the type of an event', () => {
    assert.equal(row({ kind: 'event', event: 'tick' }).description, 'tick · 03:04:05.006 · 9 B');
  });

  it('say what is missing, and open nothing where nothing is there', () => {
    assert.match(row({ state: 'partial' }).description ?? '', /· incomplete$/);
    assert.match(row({ state: 'truncated', kept: 4 }).description ?? '', /· truncated to 4 B in the record$/);
    const dropped = row({ state: 'dropped', kept: 0 });
    assert.match(dropped.description ?? '', /· dropped from the record$/);
    assert.equal(dropped.command, undefined);
  });

  it('come newest first, with the way to older ones', () => {
    const rows = messageRows('e1.1', messageWindow(80, 1, 31, 50), surroundings);
    assert.deepEqual([rows[0]?.label, rows[49]?.label, rows[50]?.label], ['say 80', 'say 31', 'Show more']);
    assert.deepEqual(rows[50]?.command?.arguments, ['e1.1']);
    assert.equal(messageRows('e1.1', messageWindow(50, 1, 1, 50), surroundings).length, 50);
  });

  it('say how many are no longer recorded', () => {
    const rows = messageRows('e1.1', messageWindow(80, 41, 41, 50), surroundings);
    assert.equal(rows.at(-1)?.label, '40 older messages are no longer recorded');
  });

  it('say first where messages are not read any further, and why', () => {
    const window = { ...messageWindow(1, 1, 1, 1), lost: { direction: 'sent', reason: 'masking' } as const };
    const [lost] = messageRows('e1.1', window, surroundings);
    assert.equal(lost?.label, 'Not read any further');
    assert.match(lost.description ?? '', /^sent by the client: the client must mask its frames.*RFC 6455 §5\.1/);
  });

  it('have ids that are unique and begin with the flow’s', () => {
    const ids = messageRows('e1.1', messageWindow(80, 1, 31, 50), surroundings).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.every((id) => id.startsWith('e1.1/messages/')));
  });
});
