import { type Browser, test as base, expect, type Page } from '@playwright/test';
import { Server } from './server';

export const OWNER = { email: 'owner@example.com', password: 'Vq7-blauer-Fluss-92' };

type State = Awaited<ReturnType<Awaited<ReturnType<Browser['newContext']>>['storageState']>>;

interface Worker {
  server: Server;
  signedIn: State;
}

/** One server for all stories of a file, and a page whose person is signed in. Any fault in the console fails a story. */
export const test = base.extend<{ page: Page; quiet: string[] }, Worker>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the names of what is wanted
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  signedIn: [
    async ({ server, browser }, use) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await setPassword(page, server.link);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await use(await context.storageState());
      await context.close();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  quiet: [[], { option: true }],
  page: async ({ server, signedIn, browser, quiet }, use, info) => {
    const context = await browser.newContext({ ...info.project.use, storageState: signedIn, baseURL: server.url });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !/Failed to load resource/.test(text)) faults.push(text);
    });
    await use(page);
    expect(faults.filter((fault) => !quiet.some((known) => fault.includes(known)))).toEqual([]);
    await context.close();
  },
});

export async function setPassword(page: Page, link: string): Promise<void> {
  await page.goto(link);
  for (let step = 0; step < 2 && (await page.locator('input[type=password]').count()) > 0; step += 1) {
    const email = page.locator('input[name=email]');
    if ((await email.count()) > 0) await email.fill(OWNER.email);
    await page.locator('input[name=password]').fill(OWNER.password);
    // Without an address of the person's own the page asks once more.
    await Promise.all([page.waitForEvent('load'), page.locator('button[type=submit]').click()]);
  }
}

/** How many deals there are, as a page writes it: other stories make some, too. */
export async function countOfDeals(server: Server, filter?: object): Promise<string> {
  const measures = [{ fn: 'count', as: 'n' }];
  const rows = await server.ask<{ n: number }[]>('POST', '/v1/deals/aggregate', { filter, measures });
  return new Intl.NumberFormat('en-US').format(rows[0]?.n ?? 0);
}

export const WON = { field: 'stage.kind', op: 'eq', value: 'won' };

/** A context and page of another person, or of the same in another browser. */
export async function another(browser: Browser, server: Server, storageState?: State): Promise<Page> {
  const context = await browser.newContext({
    storageState,
    baseURL: server.url,
    viewport: { width: 1400, height: 900 },
  });
  return context.newPage();
}

export { expect };
