// Colours the line of a flow by how it ended, where the output is a terminal that shows colours.
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { FlowSummary } from '../../contract/model.ts';

type Format = Parameters<typeof styleText>[0];

function formatOf(flow: FlowSummary): Format | undefined {
  if (flow.state === 'failed') return 'red';
  const status = flow.status ?? 0;
  if (status >= 500) return 'red';
  if (status >= 400) return 'yellow';
  // An answer from the cache hides what upstream would say: it must not look like any other.
  if (flow.cache === 'hit' || flow.cache === 'stale') return ['bold', 'cyan'];
  return status >= 300 ? 'cyan' : undefined;
}

/** NO_COLOR and FORCE_COLOR count before what the stream is. */
export function colourFlow(flow: FlowSummary, line: string, stream: Writable): string {
  const format = formatOf(flow);
  // Node looks at `isTTY` and the environment itself.
  return format === undefined ? line : styleText(format, line, { stream });
}
