// Reports a crash of the engine: what happened, what was done about it, and where to read more.
import * as vscode from 'vscode';
import type { Crash } from './supervisor.ts';

function howItEnded({ code, signal, failure }: Crash['exit']): string {
  if (failure !== undefined) return failure;
  if (signal !== null) return vscode.l10n.t('signal {0}', signal);
  return vscode.l10n.t('exit code {0}', String(code));
}

function whatWasDone(crash: Crash): string {
  if (crash.outcome === 'given-up') return vscode.l10n.t('It was not started again.');
  if (crash.listening === undefined) return vscode.l10n.t('It was started again.');
  if (crash.listening.kind === 'listening') {
    return vscode.l10n.t('It was started again and listens on port {0}.', crash.listening.port);
  }
  return vscode.l10n.t('It was started again, but could not listen.');
}

/** Shows and logs the report; resolves when it is closed. `startAgain` is offered where the engine stays down. */
export async function reportCrash(
  crash: Crash,
  startAgain: () => Promise<unknown>,
  log: Pick<vscode.LogOutputChannel, 'error' | 'show'>,
): Promise<void> {
  const showLog = vscode.l10n.t('Show log');
  const start = vscode.l10n.t('Start proxy');
  const message = [
    vscode.l10n.t('The Wirelens engine ended unexpectedly ({0}).', howItEnded(crash.exit)),
    whatWasDone(crash),
    vscode.l10n.t('Requests captured before stay listed, without their details.'),
  ].join(' ');
  log.error(message);
  const buttons = crash.outcome === 'given-up' ? [start, showLog] : [showLog];
  const choice = await vscode.window.showErrorMessage(message, ...buttons);
  if (choice === showLog) log.show();
  if (choice === start) await startAgain();
}
