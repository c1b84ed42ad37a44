// Finds and opens the browser that shows the embedded VS Code.
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const wellKnown: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/snap/bin/chromium',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
};

function findChromium(): string {
  const named = process.env['WIRELENS_CHROMIUM'];
  const candidates =
    named === undefined ? [...(wellKnown[process.platform] ?? []), chromium.executablePath()] : [named];
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error(
    `No Chromium found (${candidates.join(', ')}). Install one (Debian and Ubuntu: "apt-get install chromium", anywhere: ` +
      '"npx playwright-core install --with-deps chromium") or name it in WIRELENS_CHROMIUM.',
  );
}

/** The size of a window, in CSS pixels, and how many pixels of a picture one of them takes. */
export interface WindowSize {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

export const ordinaryWindow: WindowSize = { width: 1280, height: 800, scale: 1 };

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    headless: true,
    // A container's root user has no sandbox; the pages are our own.
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens an empty page that may use the clipboard. */
export async function openPage(browser: Browser, size: WindowSize = ordinaryWindow): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: size.width, height: size.height },
    deviceScaleFactor: size.scale,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return page;
}
