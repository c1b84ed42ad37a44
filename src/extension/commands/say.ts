// Says in the status bar, for a moment, what a command has done: no notification for what went well.
import * as vscode from 'vscode';

const shownFor = 4000;

export function brieflySay(sentence: string): void {
  vscode.window.setStatusBarMessage(sentence, shownFor);
}
