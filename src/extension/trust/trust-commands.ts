// The commands by which a user adds our certificate to the system's trust store, and takes it out again; we run none of them.

/** A system as far as its commands differ. */
export type TrustStore = 'macos' | 'windows' | 'debian' | 'p11-kit';

/** Which of them a machine has. `hasDebianFolder`: there is /usr/local/share/ca-certificates. */
export function trustStoreOf(platform: string, hasDebianFolder: boolean): TrustStore {
  if (platform === 'darwin') return 'macos';
  if (platform === 'win32') return 'windows';
  return hasDebianFolder ? 'debian' : 'p11-kit';
}

/** Where Debian, Ubuntu and Alpine keep what a user adds. */
export const debianFolder = '/usr/local/share/ca-certificates';
const debianFile = `${debianFolder}/wirelens-ca.crt`;

/** For POSIX shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** For PowerShell and cmd alike; neither a path nor our names can hold the quote itself. */
function quotedForWindows(text: string): string {
  return `"${text}"`;
}

/** Adds the certificate at `path`. */
export function trustCommand(store: TrustStore, path: string): string {
  switch (store) {
    case 'macos':
      return `security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${quoted(path)}`;
    case 'windows':
      return `certutil -user -addstore Root ${quotedForWindows(path)}`;
    case 'debian':
      return `sudo cp ${quoted(path)} ${debianFile} && sudo update-ca-certificates`;
    case 'p11-kit':
      return `sudo trust anchor --store ${quoted(path)}`;
  }
}

/** Takes the certificate out again, by its file or its name. */
export function untrustCommand(store: TrustStore, authority: { readonly path: string; readonly name: string }): string {
  switch (store) {
    case 'macos':
      return `security delete-certificate -t -c ${quoted(authority.name)}`;
    case 'windows':
      return `certutil -user -delstore Root ${quotedForWindows(authority.name)}`;
    case 'debian':
      return `sudo rm ${debianFile} && sudo update-ca-certificates --fresh`;
    case 'p11-kit':
      return `sudo trust anchor --remove ${quoted(authority.path)}`;
  }
}
