// The parsers' limits out of the settings, the same for requests and for answers.
import type { EngineSettings } from '../contract/settings.ts';
import type { ParserLimits } from '../http/head-scanner.ts';

/** Bytes, bytes and lines. Asked for by each new connection, so that changed settings hold from then on. */
export function parserLimits({ limits }: EngineSettings): ParserLimits {
  return { startLine: limits.requestLine, header: limits.header, fieldCount: limits.fieldCount };
}
