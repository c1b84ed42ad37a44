// Reads the options of the benchmark.
import { parseArgs } from 'node:util';

export interface Options {
  /** Names of cases, and `memory`; all where undefined. */
  readonly only?: readonly string[];
  /** Names of contenders beside Wirelens; all where undefined. */
  readonly against?: readonly string[];
  readonly rounds: number;
  /** Seconds. */
  readonly window: number;
  /** How often a window is measured again at most, where other processes disturbed it. */
  readonly repeats: number;
  readonly installPeers: boolean;
  /** Where the JSON goes. */
  readonly json?: string;
  readonly markdown?: string;
  /** The short form that only checks that everything works. */
  readonly smoke: boolean;
}

export const usage = `npm run bench -- [options]
  --only NAME,…      only these cases (and memory)
  --against NAME,…   only these beside Wirelens
  --rounds N         rounds of each case (5)
  --window S         seconds of a window (2)
  --repeats N        how often a disturbed window is measured again at most (3)
  --install-peers    install the peers from npm into .cache/bench-peers first
  --json FILE        where the figures go (.cache/bench/DATE.json)
  --markdown FILE    where the tables go, beside the output
  --smoke            a short run that checks that everything works
`;

function positive(text: string | undefined, fallback: number, name: string): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0, not ${text}`);
  return value;
}

function count(text: string | undefined, fallback: number, name: string): number {
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number, not ${text}`);
  return Number(text);
}

function names(text: string | undefined): string[] | undefined {
  return text?.split(',').filter((name) => name !== '');
}

/** Throws, in words, where an option cannot be used. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      against: { type: 'string' },
      rounds: { type: 'string' },
      window: { type: 'string' },
      repeats: { type: 'string' },
      'install-peers': { type: 'boolean' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      smoke: { type: 'boolean' },
    },
  });
  const smoke = values.smoke ?? false;
  const only = names(values.only);
  const against = names(values.against);
  return {
    ...(only === undefined ? {} : { only }),
    ...(against === undefined ? {} : { against }),
    rounds: Math.ceil(positive(values.rounds, smoke ? 1 : 5, 'rounds')),
    window: positive(values.window, smoke ? 0.5 : 2, 'window'),
    repeats: count(values.repeats, smoke ? 0 : 3, 'repeats'),
    installPeers: values['install-peers'] ?? false,
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.markdown === undefined ? {} : { markdown: values.markdown }),
    smoke,
  };
}
