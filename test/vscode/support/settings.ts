// The settings that keep a VS Code under test quiet: no welcome, no updates, no telemetry, no AI parts, nothing off this machine.

/** Names and values as in the user's settings.json. */
export type UserSettings = Readonly<Record<string, unknown>>;

export const quietSettings: UserSettings = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.settings.enableNaturalLanguageSearch': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': 'Default Dark Modern',
  'window.autoDetectColorScheme': false,
  'window.commandCenter': false,
  'chat.disableAIFeatures': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'git.openRepositoryInParentFolders': 'never',
  // Without these two every port of the proxy would be forwarded, with a badge and a toast.
  'remote.autoForwardPorts': false,
  'remote.restoreForwardedPorts': false,
  // The text of a terminal is in the page only when it is not drawn by the graphics processor.
  'terminal.integrated.gpuAcceleration': 'off',
};
