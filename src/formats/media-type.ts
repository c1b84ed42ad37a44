// What a Content-Type means for showing a body: text or not, in which language of an editor, under which file name.

/** A parsed Content-Type (RFC 9110 §8.3.1). */
export interface MediaType {
  /** Type and subtype in lower case, as `application/json`. */
  readonly essence: string;
  /** Names in lower case; the first of each counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** How a body is shown. */
export interface BodyLooks {
  readonly isText: boolean;
  /** VS Code's language id; `plaintext` for other text, undefined for binary bodies. */
  readonly language: string | undefined;
  /** With the dot; `.bin` where nothing better is known. */
  readonly extension: string;
  /** In lower case, where it was named. */
  readonly charset: string | undefined;
}

const typeText = /^[ \t]*([!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+)/;
const parameterText = /[ \t]*;[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*)))?/y;

/** Undefined where the value does not start with a type. Broken parameters end the list. */
export function parseMediaType(value: string): MediaType | undefined {
  const type = typeText.exec(value);
  if (type === null) return undefined;
  const parameters = new Map<string, string>();
  parameterText.lastIndex = type[0].length;
  for (let found = parameterText.exec(value); found !== null; found = parameterText.exec(value)) {
    const name = found[1]?.toLowerCase();
    if (name === undefined || parameters.has(name)) continue;
    parameters.set(name, found[2]?.replace(/\\(.)/g, '$1') ?? found[3] ?? '');
  }
  return { essence: (type[1] as string).toLowerCase(), parameters };
}

type Known = readonly [language: string | undefined, extension: string];

const json: Known = ['json', '.json'];
const xml: Known = ['xml', '.xml'];
const javascript: Known = ['javascript', '.js'];
const yaml: Known = ['yaml', '.yaml'];

const known: Readonly<Record<string, Known>> = {
  'application/json': json,
  'text/json': json,
  'application/json5': ['json5', '.json5'],
  'application/x-ndjson': ['jsonl', '.ndjson'],
  'application/ndjson': ['jsonl', '.ndjson'],
  'application/jsonl': ['jsonl', '.jsonl'],
  'application/json-seq': ['plaintext', '.json-seq'],
  'application/xml': xml,
  'text/xml': xml,
  'application/xml-dtd': ['xml', '.dtd'],
  'image/svg+xml': ['xml', '.svg'],
  'application/xhtml+xml': ['html', '.xhtml'],
  'text/html': ['html', '.html'],
  'text/css': ['css', '.css'],
  'text/javascript': javascript,
  'application/javascript': javascript,
  'application/x-javascript': javascript,
  'application/ecmascript': javascript,
  'text/typescript': ['typescript', '.ts'],
  'application/typescript': ['typescript', '.ts'],
  'application/yaml': yaml,
  'application/x-yaml': yaml,
  'text/yaml': yaml,
  'text/x-yaml': yaml,
  'application/toml': ['toml', '.toml'],
  'text/markdown': ['markdown', '.md'],
  'text/csv': ['csv', '.csv'],
  'text/tab-separated-values': ['tsv', '.tsv'],
  'text/plain': ['plaintext', '.txt'],
  'text/event-stream': ['plaintext', '.events.txt'],
  'application/x-www-form-urlencoded': ['plaintext', '.form.txt'],
  'application/graphql': ['graphql', '.graphql'],
  'application/sql': ['sql', '.sql'],
  'application/x-sh': ['shellscript', '.sh'],
  'application/vnd.apple.mpegurl': ['plaintext', '.m3u8'],
  'application/x-pem-file': ['plaintext', '.pem'],
  'application/http': ['http', '.http'],
  'message/http': ['http', '.http'],
  'image/png': [undefined, '.png'],
  'image/jpeg': [undefined, '.jpg'],
  'image/gif': [undefined, '.gif'],
  'image/webp': [undefined, '.webp'],
  'image/avif': [undefined, '.avif'],
  'image/bmp': [undefined, '.bmp'],
  'image/x-icon': [undefined, '.ico'],
  'image/vnd.microsoft.icon': [undefined, '.ico'],
  'audio/mpeg': [undefined, '.mp3'],
  'audio/ogg': [undefined, '.ogg'],
  'audio/wav': [undefined, '.wav'],
  'audio/aac': [undefined, '.aac'],
  'video/mp4': [undefined, '.mp4'],
  'video/webm': [undefined, '.webm'],
  'font/woff': [undefined, '.woff'],
  'font/woff2': [undefined, '.woff2'],
  'font/ttf': [undefined, '.ttf'],
  'font/otf': [undefined, '.otf'],
  'application/pdf': [undefined, '.pdf'],
  'application/zip': [undefined, '.zip'],
  'application/gzip': [undefined, '.gz'],
  'application/wasm': [undefined, '.wasm'],
  'application/x-protobuf': [undefined, '.pb'],
  'application/msgpack': [undefined, '.msgpack'],
  'application/cbor': [undefined, '.cbor'],
};

/** By the structured syntax suffix (RFC 6838 §4.2.8), then by the top-level type. */
function looksByPattern(essence: string): Known {
  if (essence.endsWith('+json')) return json;
  if (essence.endsWith('+xml')) return xml;
  if (essence.endsWith('+yaml')) return yaml;
  if (essence.startsWith('text/')) return ['plaintext', '.txt'];
  return [undefined, '.bin'];
}

/** How to show a body with this Content-Type. Without one it is taken for binary. */
export function looksOf(contentType: string | undefined): BodyLooks {
  const type = contentType === undefined ? undefined : parseMediaType(contentType);
  if (type === undefined) return { isText: false, language: undefined, extension: '.bin', charset: undefined };
  const [language, extension] = known[type.essence] ?? looksByPattern(type.essence);
  const charset = type.parameters.get('charset')?.toLowerCase();
  return { isText: language !== undefined, language, extension, charset };
}
