// Colours of flow lines, and that only a terminal gets them.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import type { FlowSummary } from '../../../../src/contract/model.ts';
import { colourFlow } from '../../../../src/engine/cli/colour.ts';

/** What a person sets about colours. Nothing else of this machine's environment counts here: Node shows none where `CI` is set. */
const variables = ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS'] as const;

/** Looks at the environment as a real one does. */
const terminal = Object.assign(new PassThrough(), {
  isTTY: true,
  getColorDepth: () =>
    WriteStream.prototype.getColorDepth({
      TERM: 'xterm-256color',
      ...Object.fromEntries(variables.map((name) => [name, process.env[name]])),
    }),
});

function flow(given: Partial<FlowSummary>): FlowSummary {
  return {
    id: 'e.1',
    number: 1,
    kind: 'exchange',
    state: 'done',
    startedAt: 0,
    method: 'GET',
    url: 'http://a.test/',
    requestBytes: 0,
    responseBytes: 0,
    cache: 'none',
    source: 'main',
    ...given,
  };
}

describe('the colour of a line', () => {
  const before = new Map(variables.map((name) => [name, process.env[name]]));
  beforeEach(() => {
    for (const name of variables) delete process.env[name];
  });
  after(() => {
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  });

  const different: readonly Partial<FlowSummary>[] = [
    { status: 200 },
    { status: 304 },
    { status: 404 },
    { status: 500 },
    { status: 200, cache: 'hit' },
  ];

  it('tells the kinds of outcome apart on a terminal', () => {
    const lines = different.map((one) => colourFlow(flow(one), 'line', terminal));
    assert.equal(new Set(lines).size, different.length);
    for (const line of lines) assert.equal(stripVTControlCharacters(line), 'line');
  });

  it('is the same for a failed flow and a 5xx', () => {
    const failed = colourFlow(flow({ state: 'failed' }), 'line', terminal);
    assert.equal(failed, colourFlow(flow({ status: 503 }), 'line', terminal));
  });

  it('is none where the output is no terminal', () => {
    for (const one of different) assert.equal(colourFlow(flow(one), 'line', new PassThrough()), 'line');
  });

  it('is none with NO_COLOR', () => {
    process.env['NO_COLOR'] = '1';
    for (const one of different) assert.equal(colourFlow(flow(one), 'line', terminal), 'line');
  });

  it('is there with FORCE_COLOR whatever the output is', () => {
    process.env['FORCE_COLOR'] = '1';
    assert.notEqual(colourFlow(flow({ status: 404 }), 'line', new PassThrough()), 'line');
  });
});
