// How the builders of rows and texts reach VS Code's translation without importing VS Code.

/** Translates an English sentence and fills its places `{0}`, `{1}`…; in VS Code this is `vscode.l10n.t`. */
export type Translate = (message: string, ...values: (string | number)[]) => string;
