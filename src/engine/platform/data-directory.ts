// Where a user's own data of Wirelens lies on each operating system, shared by all windows and the command line.
import { homedir, platform } from 'node:os';
import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** An absolute path from the environment; what is relative there does not count (XDG Base Directory Specification). */
function absolute(value: string | undefined): string | undefined {
  return value !== undefined && path.isAbsolute(value) ? value : undefined;
}

/** The folder of the certificate authority. */
export function authorityDirectory(
  system: NodeJS.Platform = platform(),
  environment: Environment = process.env,
  home: string = homedir(),
): string {
  switch (system) {
    case 'win32': {
      const local = absolute(environment['LOCALAPPDATA']) ?? path.join(home, 'AppData', 'Local');
      return path.join(local, 'Wirelens', 'ca');
    }
    case 'darwin':
      return path.join(home, 'Library', 'Application Support', 'Wirelens', 'ca');
    default: {
      const data = absolute(environment['XDG_DATA_HOME']) ?? path.join(home, '.local', 'share');
      return path.join(data, 'wirelens', 'ca');
    }
  }
}
