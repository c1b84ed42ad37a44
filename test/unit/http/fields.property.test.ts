// Whatever is done to field lines, they stay a list of pairs, and their text says the same as their positions.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Fields } from '../../../src/http/fields.ts';
import { fieldLines, fieldName, fieldValue, reread } from './arbitraries.ts';

describe('Fields, whatever they are', () => {
  it('gives back what it was made of', () => {
    fc.assert(
      fc.property(fieldLines, (lines) => {
        assert.deepEqual(Fields.of(lines).toArray(), lines);
      }),
    );
  });

  it('is the same after being written and read', () => {
    fc.assert(
      fc.property(fieldLines, (lines) => {
        const fields = Fields.of(lines);
        const again = reread(fields);
        assert.equal(again.text, fields.text);
        assert.deepEqual(again.toArray(), lines);
      }),
    );
  });

  it('drops, appends and replaces as a list of pairs would', () => {
    fc.assert(
      fc.property(fieldLines, fieldName, fieldValue, fc.boolean(), (lines, name, value, isReread) => {
        const fields = isReread ? reread(Fields.of(lines)) : Fields.of(lines);
        const key = name.toLowerCase();
        const others = lines.filter(([other]) => other.toLowerCase() !== key);
        const first = lines.findIndex(([other]) => other.toLowerCase() === key);
        const place = first < 0 ? others.length : first;
        const replaced = [...others.slice(0, place), [name, value], ...others.slice(place)];

        const without = fields.without(new Set([key]));
        assert.deepEqual(without.toArray(), others);
        assert.deepEqual(reread(without).toArray(), others);
        assert.deepEqual(reread(fields.append(name, value)).toArray(), [...lines, [name, value]]);
        assert.deepEqual(fields.append(name, value).toArray(), [...lines, [name, value]]);
        assert.deepEqual(fields.replace(name, value).toArray(), replaced);
        assert.deepEqual(reread(fields.replace(name, value)).toArray(), replaced);
        assert.equal(without === fields, others.length === lines.length);
      }),
    );
  });

  it('finds every line by its name', () => {
    fc.assert(
      fc.property(fieldLines, fieldName, (lines, name) => {
        const key = name.toLowerCase();
        const expected = lines.filter(([other]) => other.toLowerCase() === key).map(([, value]) => value);
        const fields = Fields.of(lines);
        assert.deepEqual(fields.values(key), expected);
        assert.equal(fields.has(key), expected.length > 0);
        assert.equal(fields.get(key), expected[0]);
        assert.equal(fields.combined(key), expected.length === 0 ? undefined : expected.join(', '));
      }),
    );
  });
});
