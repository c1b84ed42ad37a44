// Documents have addresses that lead back to their flow, and names that say what they are.
import assert from 'node:assert/strict';
import {
  bodyDocumentName,
  cacheDocumentId,
  cacheDocumentName,
  documentAtPath,
  flowDocumentName,
  messageDocumentName,
  isOfCache,
  pathOfDocument,
} from '../../../../src/extension/documents/addresses.ts';
import { summary } from '../support/values.ts';

describe('documents’ addresses', () => {
  it('lead back', () => {
    const address = { id: 'a1b2.12', side: 'response', kind: 'text' } as const;
    assert.deepEqual(documentAtPath(pathOfDocument(address, 'users #12.json')), address);
    const message = { ...address, message: 7 };
    assert.deepEqual(documentAtPath(pathOfDocument(message, 'chat message 7 #12.json')), message);
  });

  it('tell the content of a cache entry from that of a flow', () => {
    const id = cacheDocumentId('7');
    const path = pathOfDocument(
      { id, side: 'response', kind: 'text' },
      cacheDocumentName('http://a.test/b/c.js', '.js'),
    );
    assert.equal(path, '/cache-7/response/text/c (cached).js');
    assert.deepEqual([isOfCache(documentAtPath(path)?.id ?? ''), isOfCache('a1b2.12')], [true, false]);
    assert.equal(cacheDocumentName('http://a.test/', '.json'), 'response (cached).json');
  });

  it('are refused when they are none of ours', () => {
    for (const path of [
      '',
      '/',
      '/a',
      '/a/response/text',
      '/a/answer/text/x',
      '/a/response/else/x',
      '/a/response/text/x/y',
      '/a/response/text/',
      '/a/response.0/text/x',
      '/a/response.x/text/x',
    ]) {
      assert.equal(documentAtPath(path), undefined, path);
    }
  });

  it('have names that file systems take and people know', () => {
    const name = (url: string): string => bodyDocumentName(summary(12, { url }), 'response', '.json');
    assert.equal(name('http://a.test/v1/users?page=2'), 'users #12.json');
    assert.equal(name('http://a.test/data.min.json'), 'data.min #12.json');
    assert.equal(name('http://a.test/'), 'response #12.json');
    assert.equal(name('http://a.test/a%2Fb:c*"d'), 'a-b-c-d #12.json');
    assert.equal(name('http://a.test/größe/'), 'größe #12.json');
    assert.equal(
      bodyDocumentName(summary(12, { url: 'http://a.test/orders' }), 'request', '.xml'),
      'orders sent #12.xml',
    );
    assert.equal(
      messageDocumentName(summary(12, { url: 'http://a.test/chat' }), 7, '.json'),
      'chat message 7 #12.json',
    );
    assert.equal(flowDocumentName(summary(12, { url: 'http://a.test/orders' })), 'GET orders #12.http');
  });
});
