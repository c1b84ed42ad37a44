// The window's side of the bridge for suites: the rendered trees, notifications and inputs of the window that the suite runs in.
import { request } from 'node:http';
import type { BridgeActions } from './bridge.ts';

/** Every action of the bridge, called from inside the extension host. */
export type Ui = BridgeActions;

async function post(address: string, token: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      address,
      { method: 'POST', headers: { authorization: `Bearer ${token}` }, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function connect(address: string, token: string): Ui {
  const call = async (action: string, args: unknown[]): Promise<unknown> => {
    const { status, text } = await post(address, token, JSON.stringify({ action, args }));
    if (status !== 200) throw new Error(`ui.${action}: ${text}`);
    return (JSON.parse(text) as { value?: unknown }).value;
  };
  return new Proxy({} as Ui, {
    get:
      (_, action) =>
      async (...args: unknown[]) =>
        call(String(action), args),
  });
}

const address = process.env['WIRELENS_BRIDGE'];
const token = process.env['WIRELENS_BRIDGE_TOKEN'];

/**
 * The window, or undefined in a desktop VS Code, whose window the tests cannot reach: a suite then defines no tests of
 * what is drawn (`if (ui) describe(…)`), and so none are skipped.
 */
export const ui: Ui | undefined = address === undefined || token === undefined ? undefined : connect(address, token);
