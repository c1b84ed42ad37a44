// The VS Code window as a person uses it: palette, status bar, trees, notifications, editors, read and operated in the page.
import type { Locator, Page } from 'playwright-core';
import { plain, readLines, readRows, themeClasses, themeLabels, type ThemeKind, type TreeRow } from './drawn.ts';
import { becomesTrue } from './wait.ts';

/** One item of the status bar: its text without icons, and the tooltip that a screen reader says. */
export interface StatusBarItem {
  readonly text: string;
  readonly spoken: string;
}

/** One notification, shown as a toast or in the notification centre. */
export interface ShownNotification {
  readonly message: string;
  readonly buttons: readonly string[];
}

/** One open window. Every method waits, at most 30 s, for what it reads or presses to be there, and rejects otherwise. */
export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens a window at an address and waits until its parts are drawn. */
  static async open(page: Page, address: string): Promise<Workbench> {
    await page.goto(address);
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    return new Workbench(page);
  }

  async screenshot(file: string): Promise<void> {
    await this.page.screenshot({ path: file });
  }

  // --- Palette and quick input ---

  private get quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  private get quickRows(): Locator {
    return this.quickInput.locator('.quick-input-list .monaco-list-row');
  }

  /** The rows of the quick pick that is open. */
  async quickPickRows(): Promise<string[]> {
    await this.quickRows.first().waitFor();
    return (await this.quickRows.allInnerTexts()).map(plain);
  }

  /** The labels of the commands that the palette offers for a text. */
  async paletteRows(text: string): Promise<string[]> {
    await this.openPalette(text);
    // The list is filled a moment after the text: the answer counts once it stays the same.
    let rows: string[] = [];
    for (let before = '?'; before !== rows.join('\n');) {
      before = rows.join('\n');
      await this.page.waitForTimeout(150);
      rows = await this.quickRows.locator('.label-name').allInnerTexts();
    }
    await this.escape();
    return rows.map(plain);
  }

  private async openPalette(text: string): Promise<void> {
    await this.page.keyboard.press('F1');
    // Typed keys can get lost while the palette opens, filling cannot.
    await this.quickInput.locator('input.input').fill(`>${text}`);
  }

  /** Runs a command by its whole title, such as `Wirelens: Start proxy`. Rejects when the palette has no such command. */
  async palette(title: string): Promise<void> {
    await this.openPalette(title);
    await this.acceptQuickRow(title);
  }

  /**
   * Goes to the quick pick row with exactly this label by the arrow keys, and accepts it. The list is filled in several
   * steps, so a click could meet another row than the one that was there a moment before.
   */
  private async acceptQuickRow(label: string): Promise<void> {
    const input = this.quickInput.locator('input.input');
    await this.quickRows
      .filter({ has: this.page.locator('.label-name').getByText(label, { exact: true }) })
      .first()
      .waitFor();
    for (let steps = 0; steps < 30; steps += 1) {
      const focused = await this.quickInput.locator('.monaco-list-row.focused .label-name').allInnerTexts();
      if (focused.some((text) => plain(text) === label)) {
        await input.press('Enter');
        return;
      }
      await input.press('ArrowDown');
    }
    throw new Error(`the quick pick never came to ${label}`);
  }

  /** Chooses the row of the open quick pick that contains a text. */
  async pick(text: string): Promise<void> {
    await this.quickRows.filter({ hasText: text }).first().click();
  }

  /** Puts a text into the open input box and accepts it. */
  async type(text: string): Promise<void> {
    await this.inputBox();
    const input = this.quickInput.locator('input.input');
    await input.fill(text);
    await input.press('Enter');
  }

  /** What the open input box says: its present value and the line below it (prompt or complaint). */
  async inputBox(): Promise<{ value: string; message: string }> {
    // Palette, quick pick and input box are one widget; only an input box has a line of text, and never an empty one.
    const message = this.quickInput.locator('.quick-input-message:visible', { hasText: /\S/ });
    await message.waitFor();
    return {
      value: await this.quickInput.locator('input.input').inputValue(),
      message: plain(await message.innerText()),
    };
  }

  /** Gives up the quick pick or input box that is open. */
  async escape(): Promise<void> {
    const input = this.quickInput.locator('input.input');
    // The first press closes the notification centre, where that is open.
    for (let presses = 0; presses < 3 && (await input.isVisible()); presses += 1) {
      await input.press('Escape');
      await this.page.waitForTimeout(100);
    }
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  // --- Status bar ---

  private statusBarItem(text: string): Locator {
    return this.page.locator('.part.statusbar .statusbar-item:visible', { hasText: text });
  }

  async statusBar(): Promise<StatusBarItem[]> {
    const items = await this.page.locator('.part.statusbar .statusbar-item:visible').all();
    return Promise.all(
      items.map(async (item) => {
        const link = item.locator('a').first();
        const spoken = (await item.getAttribute('aria-label')) ?? (await link.getAttribute('aria-label')) ?? '';
        return { text: plain(await item.innerText()), spoken: plain(spoken) };
      }),
    );
  }

  /** Waits for a status bar item that contains a text, and reads it. */
  async statusBarText(text: string): Promise<string> {
    const item = this.statusBarItem(text).first();
    await item.waitFor();
    return plain(await item.innerText());
  }

  async clickStatusBar(text: string): Promise<void> {
    await this.statusBarItem(text).locator('a').first().click();
  }

  // --- Side bar and trees ---

  /** Opens a view container from the activity bar; one that is open already stays open. */
  async showContainer(title: string): Promise<void> {
    const action = this.page.locator('.part.activitybar .action-item', {
      has: this.page.locator(`[aria-label="${title}"], [aria-label^="${title} "]`),
    });
    await action.first().waitFor();
    const heading = this.page.locator('.part.sidebar .composite.title h2').getByText(title, { exact: false });
    if (!(await heading.isVisible())) {
      await action.first().locator('.action-label').click();
      // The hover of the icon would stay under the pointer and cover the rows beside it.
      await this.page.locator('.part.editor').first().hover();
    }
    await heading.first().waitFor();
  }

  private tree(name: string): Locator {
    return this.page.getByRole('tree', { name, exact: true });
  }

  private paneHeader(name: string): Locator {
    return this.page
      .locator('.pane-header')
      .filter({ has: this.page.getByText(name, { exact: true }) })
      .first();
  }

  private pane(name: string): Locator {
    const title = this.page.locator('.pane-header').getByText(name, { exact: true });
    return this.page.locator('.pane').filter({ has: title });
  }

  /** Opens the section of a view in the side bar when it is folded. */
  async unfoldView(name: string): Promise<void> {
    const header = this.paneHeader(name);
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
  }

  /** The header line of a view: its title, and the description behind it. */
  async viewHeader(name: string): Promise<{ title: string; description: string }> {
    const header = this.paneHeader(name);
    const description = header.locator('.description');
    return {
      title: plain(await header.locator('.title').first().innerText()),
      description: (await description.count()) === 0 ? '' : plain(await description.first().innerText()),
    };
  }

  /** The rows of a tree view that are drawn now, from top to bottom: as many as fit its height. */
  async rows(tree: string): Promise<TreeRow[]> {
    return readRows(this.tree(tree));
  }

  private row(tree: string, text: string | RegExp): Locator {
    return this.tree(tree).locator('.monaco-list-row', { hasText: text }).first();
  }

  /** Waits until a row of a tree contains a text in its label or description, and gives the rows then drawn. */
  async waitForRow(tree: string, text: string | RegExp): Promise<TreeRow[]> {
    await this.row(tree, text).waitFor();
    return this.rows(tree);
  }

  /** Expands the row that contains a text, when it is not yet expanded, and waits for its first child. */
  async expand(tree: string, text: string): Promise<TreeRow[]> {
    const row = this.row(tree, text);
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.locator('.monaco-tl-twistie').click();
    let rows: TreeRow[] = [];
    const hasChild = async (): Promise<boolean> => {
      rows = await this.rows(tree);
      // A row counts as expanded as soon as it was clicked, its children come when the extension has answered.
      const at = rows.findIndex((one) => one.expanded === true && `${one.label} ${one.description}`.includes(text));
      return at !== -1 && (rows[at + 1]?.level ?? 0) > (rows[at]?.level ?? 0);
    };
    if (!(await becomesTrue(hasChild, 30_000)))
      throw new Error(`no child of ${text} is shown: ${JSON.stringify(rows)}`);
    return rows;
  }

  async clickRow(tree: string, text: string): Promise<void> {
    await this.row(tree, text).locator('.label-name').click();
  }

  /** Presses a button that a row shows while the pointer is over it. */
  async pressRowButton(tree: string, text: string, button: string): Promise<void> {
    const row = this.row(tree, text);
    await row.hover();
    await row.locator(`.action-label[aria-label="${button}"]`).click();
  }

  /** The text of the welcome content of an empty view, with the titles of its buttons. */
  async welcome(view: string): Promise<{ text: string; buttons: string[] }> {
    const content = this.pane(view).locator('.welcome-view-content').first();
    await content.waitFor();
    return {
      text: plain(await content.innerText()),
      buttons: (await content.locator('.monaco-button').allInnerTexts()).map(plain),
    };
  }

  async pressWelcomeButton(view: string, button: string): Promise<void> {
    await this.pane(view).locator('.welcome-view-content .monaco-button', { hasText: button }).first().click();
  }

  private async drag(from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
    await this.page.mouse.move(from.x, from.y);
    await this.page.mouse.down();
    await this.page.mouse.move(to.x, to.y, { steps: 5 });
    await this.page.mouse.up();
  }

  /** Drags the edge of the side bar until it is this many pixels wide. */
  async resizeSideBar(width: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (!box) throw new Error('the side bar is hidden');
    const y = box.y + box.height / 3;
    await this.drag({ x: box.x + box.width, y }, { x: box.x + width, y });
  }

  /** Drags the line above a view until its header stands this many pixels below the top of the window. */
  async moveViewTo(name: string, top: number): Promise<void> {
    const box = await this.paneHeader(name).boundingBox();
    if (!box) throw new Error(`the view ${name} is hidden`);
    const x = box.x + box.width / 2;
    await this.drag({ x, y: box.y }, { x, y: top });
  }

  /** Opens a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.quickInput.locator('input.input').fill(name);
    await this.quickRows.filter({ hasText: name }).first().waitFor();
    await this.quickInput.locator('input.input').press('Enter');
    await this.page.locator('.part.editor .tab', { hasText: name }).waitFor();
  }

  // --- Notifications ---

  private get notificationItems(): Locator {
    return this.page.locator(
      '.notification-toast .notification-list-item, .notifications-center .notification-list-item',
    );
  }

  private async openNotificationCentre(): Promise<void> {
    await this.palette('Notifications: Show Notifications');
    await this.page.locator('.notifications-center.visible').waitFor();
  }

  /** The notifications that are shown; where VS Code shows no toasts (under tests) the notification centre is opened first. */
  async notifications(): Promise<ShownNotification[]> {
    if ((await this.notificationItems.count()) === 0) await this.openNotificationCentre();
    const items = await this.notificationItems.all();
    return Promise.all(
      items.map(async (item) => ({
        message: plain(await item.locator('.notification-list-item-message').innerText()),
        buttons: (await item.locator('.monaco-button').allInnerTexts()).map(plain).filter((text) => text !== ''),
      })),
    );
  }

  /** Waits for a toast that contains a text, and gives its whole message. Only without the smoke driver are there toasts. */
  async toast(text: string): Promise<string> {
    const message = this.page.locator('.notification-toast .notification-list-item-message', { hasText: text }).first();
    await message.waitFor();
    return plain(await message.innerText());
  }

  /** Presses a button of the notification whose message contains a text. */
  async pressNotificationButton(text: string, button: string): Promise<void> {
    const item = this.notificationItems.filter({ hasText: text }).first();
    if (!(await item.isVisible())) await this.openNotificationCentre();
    await item.getByRole('button', { name: button }).click();
  }

  // --- Editors and panels ---

  /** The titles of the open editor tabs. */
  async editorTabs(): Promise<string[]> {
    return (await this.page.locator('.part.editor .tab .label-name').allInnerTexts()).map(plain);
  }

  /** The visible lines of the active editor. */
  async editorText(): Promise<string> {
    return readLines(this.page.locator('.part.editor .editor-group-container.active .view-lines').first());
  }

  /** The visible lines of the Output panel, which has to be open. */
  async outputText(): Promise<string> {
    return readLines(this.page.locator('.part.panel .view-lines').first());
  }

  // --- Appearance ---

  /** The kind of colour theme that is drawn now. */
  async themeKind(): Promise<ThemeKind> {
    const classes = (await this.page.locator('.monaco-workbench').first().getAttribute('class')) ?? '';
    const known = Object.entries(themeClasses).find(([, name]) => classes.split(' ').includes(name));
    if (!known) throw new Error(`no theme is known for: ${classes}`);
    return known[0] as ThemeKind;
  }

  /** Chooses VS Code's own theme of a kind from the palette, and waits until it is drawn. */
  async setTheme(kind: ThemeKind): Promise<void> {
    if ((await this.themeKind()) === kind) return;
    await this.palette('Preferences: Color Theme');
    await this.quickInput.locator('input.input[placeholder*="Color Theme"]').waitFor();
    await this.quickInput.locator('input.input').fill(themeLabels[kind]);
    await this.acceptQuickRow(themeLabels[kind]);
    await this.page.locator(`.monaco-workbench.${themeClasses[kind]}`).first().waitFor();
  }
}
