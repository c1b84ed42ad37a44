// The manifest's settings are those of the contract: the same names, defaults, ranges and choices, each described.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { settingsTable, type SettingName, type SettingShape } from '../../src/contract/settings.ts';

interface Property {
  readonly type: string;
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly items?: { readonly type: string };
  readonly scope: string;
  readonly description?: string;
  readonly markdownDescription?: string;
}

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Property>> }[];
  };
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
}

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;
const properties = new Map(manifest.contributes.configuration.flatMap((group) => Object.entries(group.properties)));

/** What the manifest has to say about a setting of this shape. */
function expected(shape: SettingShape): Partial<Property> {
  switch (shape.kind) {
    case 'number':
      return { type: 'integer', default: shape.default, minimum: shape.minimum, maximum: shape.maximum };
    case 'boolean':
      return { type: 'boolean', default: shape.default };
    case 'text':
      return { type: 'string', default: shape.default };
    case 'choice':
      return { type: 'string', default: shape.default, enum: shape.choices };
    case 'list':
    case 'certificates':
      return { type: 'array', default: shape.default };
    case 'proxy':
      return { type: 'string', default: shape.default };
    case 'addresses':
      return { type: 'object', default: shape.default };
  }
}

describe('settings in package.json', () => {
  it('are those of the contract, no more and no fewer', () => {
    const names = Object.keys(settingsTable).map((name) => `wirelens.${name}`);
    assert.deepEqual([...properties.keys()].toSorted(), names.toSorted());
  });

  for (const name of Object.keys(settingsTable) as SettingName[]) {
    it(`has wirelens.${name} with the contract's type, default and range`, () => {
      const property = properties.get(`wirelens.${name}`);
      assert.ok(property);
      const shape = expected(settingsTable[name]);
      const keys = Object.keys(shape) as (keyof Property)[];
      assert.deepEqual(Object.fromEntries(keys.map((key) => [key, property[key]])), shape);
      assert.equal(property.enumDescriptions?.length, property.enum?.length, 'each choice is described');
      const description = property.description ?? property.markdownDescription ?? '';
      assert.match(description, /^[A-Z].*\.$/s, 'a description in whole sentences');
      if (property.maximum !== undefined) {
        const digits = description.replaceAll(',', '');
        assert.ok(
          digits.includes(String(property.minimum)) && digits.includes(String(property.maximum)),
          'the range is named',
        );
      }
    });
  }

  for (const name of [
    'upstreamProxy',
    'noProxy',
    'dnsOverrides',
    'https.extraCaFiles',
    'https.allowInvalidCertificates',
    'https.clientCertificates',
  ]) {
    it(`lets no workspace set wirelens.${name}, which decides whom the proxy trusts`, () => {
      assert.equal(properties.get(`wirelens.${name}`)?.scope, 'machine');
    });
  }

  it('lets no workspace decide where the proxy listens', () => {
    assert.equal(properties.get('wirelens.host')?.scope, 'machine');
    assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes('wirelens.port'));
  });
});
