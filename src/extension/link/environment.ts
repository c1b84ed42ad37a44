// The environment that the engine process gets: the user's, without what would steer Node or VS Code.

const unwanted: readonly RegExp[] = [
  // Preloads, inspectors and heap sizes that are meant for the user's own programs.
  /^NODE_/i,
  // The engine decides for itself whom it connects to and whom it trusts.
  /^(HTTPS?|ALL|NO|FTP)_PROXY$/i,
  /^SSL_CERT_(FILE|DIR)$/i,
  /^OPENSSL_CONF$/i,
  // Addresses and tokens of the editor that started us.
  /^VSCODE_/i,
  /^ELECTRON_/i,
];

/** On the desktop `process.execPath` is Electron, which runs scripts as Node only when it is told to. */
const asNode = { ELECTRON_RUN_AS_NODE: '1' };

/** Gives a cleaned copy of `parent`. */
export function engineEnvironment(parent: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const cleaned: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent)) {
    if (value !== undefined && !unwanted.some((pattern) => pattern.test(name))) cleaned[name] = value;
  }
  return { ...cleaned, ...asNode };
}
