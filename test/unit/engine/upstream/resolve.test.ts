// Names to addresses.
import assert from 'node:assert/strict';
import { ProxyError } from '../../../../src/contract/errors.ts';
import { resolve } from '../../../../src/engine/upstream/resolve.ts';

const nobody = (): boolean => false;

describe('resolve', () => {
  for (const name of ['localhost', 'LOCALHOST', 'api.localhost', 'localhost.']) {
    it(`gives both loopback addresses for ${name}, without asking`, async () => {
      const addresses = await resolve(name.toLowerCase(), 80, nobody);
      assert.deepEqual(
        addresses.map(({ address, family }) => [address, family]),
        [
          ['::1', 6],
          ['127.0.0.1', 4],
        ],
      );
    });
  }

  it('takes addresses as they are', async () => {
    assert.deepEqual(await resolve('192.0.2.1', 80, nobody), [{ address: '192.0.2.1', family: 4 }]);
    assert.deepEqual(await resolve('2001:db8::1', 80, nobody), [{ address: '2001:db8::1', family: 6 }]);
  });

  it('refuses where any of the addresses is our own', async () => {
    const own = (address: string, port: number): boolean => address === '127.0.0.1' && port === 8080;
    await assert.rejects(
      resolve('localhost', 8080, own),
      (error) => error instanceof ProxyError && error.code === 'own-address',
    );
    assert.equal((await resolve('localhost', 8081, own)).length, 2);
  });

  it('names what does not exist', async () => {
    await assert.rejects(
      resolve('nowhere.invalid', 80, nobody),
      (error) => error instanceof ProxyError && error.code.startsWith('name-'),
    );
  });
});
