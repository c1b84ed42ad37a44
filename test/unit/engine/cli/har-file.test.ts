// The HAR file is written as a whole or not at all, and needs no more memory than one flow.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FlowDetail } from '../../../../src/contract/model.ts';
import { HarFile } from '../../../../src/engine/cli/har-file.ts';

function detail(number: number): FlowDetail {
  const body = { size: 3, kept: 3, state: 'complete' } as const;
  return {
    id: `e.${number}`,
    number,
    kind: 'exchange',
    state: 'done',
    startedAt: 0,
    method: 'GET',
    url: `http://a.test/${number}`,
    status: 200,
    requestBytes: 0,
    responseBytes: 3,
    cache: 'none',
    source: 'main',
    clientAddress: '127.0.0.1:1',
    clientConnection: 1,
    clientExchange: 1,
    response: { startLine: 'HTTP/1.1 200 OK', fields: [['Content-Type', 'text/plain']], trailers: [], body },
    interim: [],
    timing: {},
    leniencies: [],
    removed: { request: [], response: [] },
  };
}

type Captured = Parameters<HarFile['write']>[0];

/** A store with the flows 3 to 5, of which 4 leaves while it is written; each response is `abc`, in pieces. */
function captured(open: Set<number>): Captured {
  return {
    store: {
      oldest: 3,
      size: 3,
      detail: (number) => Promise.resolve(number === 4 ? undefined : detail(number)),
      messageWindow: () => Promise.resolve(undefined),
    },
    bodies: {
      openBody: ({ id, side }) => {
        const handle = Number(id.slice(2));
        open.add(handle);
        return Promise.resolve({ handle, size: side === 'response' ? 3 : 0 });
      },
      readBody: (_handle, offset) => Promise.resolve(Buffer.from('abc').subarray(offset, offset + 2)),
      closeBody: (handle) => open.delete(handle),
    },
  };
}

interface Har {
  readonly log: {
    readonly version: string;
    readonly creator: { readonly name: string; readonly version: string };
    readonly entries: readonly {
      readonly request: { readonly url: string };
      readonly response: { readonly content: { readonly text?: string } };
    }[];
  };
}

describe('HarFile', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wirelens-har-'));
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  it('holds every flow that is still there, oldest first, with its body', async () => {
    const file = path.join(folder, 'out.har');
    const open = new Set<number>();
    await new HarFile(file, '1.2.3').write(captured(open));
    const { log } = JSON.parse(await readFile(file, 'utf8')) as Har;
    assert.deepEqual([log.version, log.creator], ['1.2', { name: 'Wirelens', version: '1.2.3' }]);
    assert.deepEqual(
      log.entries.map(({ request, response }) => [request.url, response.content.text]),
      [
        ['http://a.test/3', 'abc'],
        ['http://a.test/5', 'abc'],
      ],
    );
    assert.equal(open.size, 0);
    assert.deepEqual(await readdir(folder), ['out.har']);
  });

  it('is valid without any flow', async () => {
    const file = path.join(folder, 'out.har');
    const nothing = captured(new Set());
    await new HarFile(file, '1').write({ ...nothing, store: { ...nothing.store, size: 0 } });
    assert.deepEqual((JSON.parse(await readFile(file, 'utf8')) as Har).log.entries, []);
  });

  it('stays as it was when a flow cannot be read', async () => {
    const file = path.join(folder, 'out.har');
    await writeFile(file, 'before');
    const broken = captured(new Set());
    const store = { ...broken.store, detail: () => Promise.reject(new Error('unreadable')) };
    await assert.rejects(new HarFile(file, '1').write({ ...broken, store }), /unreadable/);
    assert.equal(await readFile(file, 'utf8'), 'before');
    assert.deepEqual(await readdir(folder), ['out.har']);
  });

  it('knows beforehand that a folder is missing, or stands in its place', async () => {
    await mkdir(path.join(folder, 'taken'));
    assert.match((await new HarFile(path.join(folder, 'none', 'out.har'), '1').obstacle()) ?? '', /no file can be/);
    assert.match((await new HarFile(path.join(folder, 'taken'), '1').obstacle()) ?? '', /folder/);
    assert.equal(await new HarFile(path.join(folder, 'out.har'), '1').obstacle(), undefined);
  });
});
