// What the log says about the engine and the proxy.
import assert from 'node:assert/strict';
import { Emitter } from '../../../../src/base/emitter.ts';
import { logChanges } from '../../../../src/extension/link/proxy-log.ts';
import type { EngineStatus, Supervisor } from '../../../../src/extension/link/supervisor.ts';

class Watched {
  readonly lines: string[] = [];
  readonly #changed = new Emitter<EngineStatus>();
  #status: EngineStatus = { kind: 'down' };
  #listening: Supervisor['listening'];
  readonly watching = logChanges(
    Object.defineProperties({ onDidChangeStatus: this.#changed.event } as Supervisor, {
      status: { get: () => this.#status },
      listening: { get: () => this.#listening },
    }),
    { info: (line) => this.lines.push(line), warn: (line) => this.lines.push(`warning: ${line}`) },
  );

  becomes(status: EngineStatus, port?: number): void {
    this.#status = status;
    this.#listening = port === undefined ? undefined : { host: '127.0.0.1', port };
    this.#changed.fire(status);
  }
}

const up = { kind: 'up', pid: 7, epoch: 'e' } as const;

describe('the log', () => {
  it('tells a start, a change of port and a stop, each once', () => {
    const watched = new Watched();
    watched.becomes({ kind: 'starting' });
    watched.becomes(up);
    watched.becomes(up, 8080);
    watched.becomes(up, 8080);
    watched.becomes(up, 8081);
    watched.becomes(up);
    assert.deepEqual(watched.lines, [
      'the engine runs as process 7',
      'listening on http://127.0.0.1:8080',
      'listening on http://127.0.0.1:8081',
      'the proxy does not listen any more',
    ]);
  });

  it('warns of an engine that ends unexpectedly', () => {
    const watched = new Watched();
    watched.becomes(up, 8080);
    watched.becomes({ kind: 'waiting', delay: 250 }, 8080);
    watched.becomes({ kind: 'given-up' });
    assert.deepEqual(watched.lines.slice(2), [
      'warning: the engine ended unexpectedly and starts again in 250 ms',
      'warning: the engine ended unexpectedly too often in a row and is not started again',
      'the proxy does not listen any more',
    ]);
  });

  it('is silent once nobody wants it', () => {
    const watched = new Watched();
    watched.watching.dispose();
    watched.becomes(up);
    assert.deepEqual(watched.lines, []);
  });
});
