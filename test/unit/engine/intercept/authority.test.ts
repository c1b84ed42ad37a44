// The authority's folder: made once by whoever is first, readable by the user alone, followed when another window resets it.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Authority } from '../../../../src/engine/intercept/authority.ts';
import { TestClock } from '../../../support/test-clock.ts';

const DAY = 24 * 60 * 60 * 1000;

describe('the authority', () => {
  let folder: string;
  let clock: TestClock;
  const inFolder = (name: string): string => path.join(folder, 'ca', name);
  const open = (): Authority => new Authority(path.join(folder, 'ca'), clock);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'wirelens-test-'));
    clock = new TestClock();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes nothing before it is needed', () => {
    assert.equal(open().exported, false);
    assert.ok(!existsSync(path.join(folder, 'ca')));
  });

  it('keeps its key in a file for the user alone, and its certificate beside it', function () {
    const { certificate } = open();
    assert.equal(readFileSync(inFolder('ca.pem'), 'utf8'), certificate);
    assert.deepEqual(readdirSync(path.join(folder, 'ca')).toSorted(), ['ca-key.pem', 'ca.pem']);
    if (process.platform !== 'win32') assert.equal(statSync(inFolder('ca-key.pem')).mode & 0o777, 0o600);
  });

  it('is one for all who open the folder', () => {
    const [one, other] = [open(), open()];
    assert.equal(one.certificate, other.certificate);
    assert.equal(open().certificate, one.certificate);
  });

  it('is described by name, fingerprint and validity', () => {
    const authority = open();
    const { name, fingerprint, validFrom, validTo, exported } = authority.summary();
    const certificate = new X509Certificate(authority.certificate);
    assert.match(name, /^Wirelens CA \(/);
    assert.equal(fingerprint, certificate.fingerprint256);
    assert.deepEqual([validFrom, validTo], [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]);
    assert.equal(exported, false);
  });

  it('counts as exported for all, until it is reset by anybody', () => {
    const [one, other] = [open(), open()];
    one.markExported();
    assert.ok(one.exported);
    assert.ok(other.exported);
    other.reset();
    assert.ok(!other.exported);
    clock.advance(2000);
    assert.ok(!one.exported);
  });

  it('follows when another window resets it', () => {
    const [one, other] = [open(), open()];
    const before = one.certificate;
    const context = one.contextFor('a.test');
    other.reset();
    clock.advance(2000);
    assert.equal(one.certificate, other.certificate);
    assert.notEqual(one.certificate, before);
    assert.notEqual(one.contextFor('a.test'), context);
  });

  it('makes a context for a name once', () => {
    const authority = open();
    assert.equal(authority.contextFor('a.test'), authority.contextFor('a.test'));
    assert.notEqual(authority.contextFor('a.test'), authority.contextFor('b.test'));
  });

  it('makes a new leaf before the old one ends, and a new authority likewise', () => {
    const authority = open();
    const context = authority.contextFor('a.test');
    const { certificate } = authority;
    clock.advance(198 * DAY);
    assert.notEqual(authority.contextFor('a.test'), context);
    assert.equal(authority.certificate, certificate);
    clock.advance(630 * DAY);
    assert.notEqual(authority.certificate, certificate);
  });

  it('refuses a folder that holds something else, and leaves it alone', () => {
    const other = open();
    void other.certificate;
    chmodSync(inFolder('ca-key.pem'), 0o600);
    writeFileSync(inFolder('ca-key.pem'), 'nothing of the kind');
    assert.throws(() => open().certificate);
    assert.equal(readFileSync(inFolder('ca-key.pem'), 'utf8'), 'nothing of the kind');
  });
});
