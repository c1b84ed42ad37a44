// Properties of host patterns, with Node's block list as the oracle for networks.
import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { HostPatterns } from '../../../src/rules/host-patterns.ts';

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}[a-z0-9]$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const port = fc.integer({ min: 1, max: 65_535 });

function has(pattern: string, host: string, asked = 80): boolean {
  return new HostPatterns([pattern], 'with-subdomains').has(host, asked);
}

describe('host patterns always', () => {
  it('fit IPv4 networks as node:net does', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (network, bits, address) => {
        const oracle = new BlockList();
        oracle.addSubnet(network, bits, 'ipv4');
        assert.equal(has(`${network}/${bits}`, address), oracle.check(address, 'ipv4'));
        assert.ok(has(`${network}/${bits}`, network));
      }),
    );
  });

  it('fit IPv6 networks as node:net does', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.ipV6(), (network, bits, address) => {
        const mapped = /^(0{0,4}:){0,5}:?(0{0,4}:)*ffff:/i;
        fc.pre(!mapped.test(network) && !mapped.test(address));
        const oracle = new BlockList();
        oracle.addSubnet(network, bits, 'ipv6');
        assert.equal(has(`${network}/${bits}`, address), oracle.check(address, 'ipv6'));
      }),
    );
  });

  it('fit a name and all below it, and nothing that merely ends alike', () => {
    fc.assert(
      fc.property(name, label, port, (host, below, asked) => {
        assert.ok(has(host, host, asked));
        assert.ok(has(host, `${below}.${host}`, asked));
        assert.ok(!has(host, `${below}${host}`, asked));
        assert.ok(!has(`${below}.${host}`, host, asked));
      }),
    );
  });

  it('with a port fit that port only', () => {
    fc.assert(
      fc.property(name, port, port, (host, meant, asked) => {
        assert.equal(has(`${host}:${meant}`, host, asked), meant === asked);
      }),
    );
  });

  it('take any text without an error', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (pattern, host) => {
        assert.equal(typeof has(pattern, host), 'boolean');
      }),
    );
  });
});
