// What people type as a port.
import assert from 'node:assert/strict';
import { complaintAboutPort } from '../../../../src/extension/settings/port-text.ts';
import { plainly } from '../support/values.ts';

describe('complaintAboutPort', () => {
  it('takes ports', () => {
    for (const text of ['0', '8080', '65535', ' 9000 '])
      assert.equal(complaintAboutPort(text, plainly), undefined, text);
  });
  it('complains about the rest', () => {
    for (const text of ['', '65536', '-1', '80.5', '0x50', 'abc', '8080a']) {
      assert.match(complaintAboutPort(text, plainly) ?? '', /whole number from 0 to 65535/, text);
    }
  });
});
