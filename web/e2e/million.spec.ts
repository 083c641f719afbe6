import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { OWNER, setPassword } from './story';

/**
 * A list of a million contacts, measured. It needs a server that has them: KONTOR_MILLION_URL, KONTOR_MILLION_KEY (an
 * owner's key) and KONTOR_MILLION_LINK (a sign-in that was not used yet) say where; without them it is passed over.
 */
const { KONTOR_MILLION_URL: url = '', KONTOR_MILLION_KEY: key = '', KONTOR_MILLION_LINK: link = '' } = process.env;
const QUICK_MS = 100;
const figures: string[] = [];

test.skip(!url, 'no server with a million contacts');
test.setTimeout(600_000);

declare global {
  interface Window {
    interactions: number[];
  }
}

/** The longest time from a key or click to the next picture while something is done (Event Timing). */
async function painted(page: Page, name: string, act: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    window.interactions = [];
  });
  await act();
  await page.waitForTimeout(1_000);
  const all = await page.evaluate(() => window.interactions);
  const longest = Math.max(0, ...all);
  figures.push(`${name}: ${all.length} interactions over 16 ms, the longest ${longest} ms`);
  if (!process.env.KONTOR_MILLION_BUSY) expect(longest, name).toBeLessThanOrEqual(QUICK_MS);
}

async function timed(name: string, act: () => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  await act();
  figures.push(`${name}: ${Math.round(performance.now() - begun)} ms`);
}

const rowAt = (page: Page, index: number) => page.locator(`[role=row][aria-rowindex="${index + 2}"]:not([aria-busy])`);
const scrollTo = (page: Page, share: number) =>
  page.getByRole('grid').evaluate((grid, at) => {
    grid.scrollTop = at * (grid.scrollHeight - grid.clientHeight);
  }, share);
const firstSeen = (page: Page) =>
  page.getByRole('grid').evaluate((grid) => {
    const top = grid.getBoundingClientRect().top + 40;
    const rows = [...grid.querySelectorAll('.grid-row')];
    return Number(rows.find((row) => row.getBoundingClientRect().bottom > top)?.getAttribute('aria-rowindex')) - 2;
  });

test('a list of a million contacts is as quick as one of fifty', async ({ page }) => {
  await page.addInitScript(() => {
    window.interactions = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceEventTiming[])
        if (entry.interactionId) window.interactions.push(entry.duration);
    }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  });
  await setPassword(page, link || `${url}/sign-in`);
  expect(OWNER.email).toBeTruthy();
  await page.waitForURL(/\/app/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const grid = page.getByRole('grid');
  await timed('opened, until the first rows are there', async () => {
    await page.getByRole('link', { name: 'Contacts', exact: true }).first().click();
    await expect(rowAt(page, 0)).toBeVisible();
  });
  await timed('counted', () => expect(page.getByText(/1,0\d\d,\d{3} records/)).toBeVisible({ timeout: 60_000 }));
  const total = Number(await grid.getAttribute('aria-rowcount')) - 1;

  await painted(page, 'arrow and page keys', async () => {
    await rowAt(page, 0).getByRole('gridcell').nth(2).click();
    for (const pressed of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'PageDown', 'PageDown', 'PageUp', 'ArrowLeft'])
      await page.keyboard.press(pressed);
  });
  for (const [name, share] of [
    ['the middle', 0.5],
    ['a third', 0.33],
    ['the end', 1],
    ['the beginning', 0],
  ] as const) {
    await timed(`scrolled to ${name}, until its rows are there`, async () => {
      await scrollTo(page, share);
      await page.waitForTimeout(60);
      const first = await firstSeen(page);
      expect(Math.abs(first / total - share)).toBeLessThan(0.01);
      await expect(rowAt(page, first + 3)).toBeVisible({ timeout: 60_000 });
    });
  }
  await timed('Ctrl-End, until the last row is there', async () => {
    await rowAt(page, 0).getByRole('gridcell').nth(2).click();
    await page.keyboard.press('Control+End');
    await expect(rowAt(page, total - 1)).toBeVisible({ timeout: 60_000 });
  });
  await painted(page, 'Ctrl-Home and Ctrl-End', async () => {
    await page.keyboard.press('Control+Home');
    await expect(rowAt(page, 0)).toBeVisible();
    await page.keyboard.press('Control+End');
  });
  await page.keyboard.press('Control+Home');
  await painted(page, 'marking', async () => {
    for (let n = 0; n < 6; n += 1) {
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowDown');
    }
    await page.getByRole('button', { name: 'Unmark', exact: true }).click();
  });
  await painted(page, 'a heading', () => page.getByRole('button', { name: 'Email', exact: true }).click());
  await timed('sorted by city, until other rows are there', async () => {
    const answered = page.waitForResponse((answer) => answer.url().endsWith('/contacts/search'));
    await page.getByRole('button', { name: 'City', exact: true }).click();
    await answered;
    await expect(rowAt(page, 0)).toBeVisible();
  });
  await timed('the middle by city', async () => {
    await scrollTo(page, 0.5);
    await page.waitForTimeout(60);
    await expect(rowAt(page, (await firstSeen(page)) + 3)).toBeVisible({ timeout: 60_000 });
  });
  await painted(page, 'typing into the search', async () => {
    await page.getByRole('searchbox', { name: 'Search' }).pressSequentially('Rosa Bakofi', { delay: 60 });
  });
  await expect(page).toHaveURL(/q=/);
  await expect(page.getByText(/^\d+ records?$/)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('searchbox', { name: 'Search' }).fill('');
  await expect(page.getByText(/1,0\d\d,\d{3} records/)).toBeVisible({ timeout: 60_000 });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const question = { group_by: ['city'], measures: [{ fn: 'count', as: 'n' }], sort: ['-n'], limit: 1 };
  const asks = { method: 'POST', headers, body: JSON.stringify(question) };
  const counted = await (await fetch(`${url}/v1/contacts/aggregate`, asks)).json();
  const [{ city, n: many }] = (counted as { data: [{ city: string; n: number }] }).data;
  await timed('filtered by city, until counted', async () => {
    const filter = encodeURIComponent(
      JSON.stringify({ join: 'and', parts: [{ field: 'city', op: 'eq', value: city }] }),
    );
    await page.goto(`${url}/app/records/contacts?filter=${filter}&cols=["name","city","email"]`);
    await expect(page.getByText(`${many.toLocaleString('en-US')} records`)).toBeVisible({ timeout: 60_000 });
  });

  await page.goto(`${url}/app/records/contacts?cols=["name","city","email","phone"]`);
  await expect(page.getByText(/1,0\d\d,\d{3} records/)).toBeVisible({ timeout: 60_000 });
  await painted(page, 'a cell edited', async () => {
    await rowAt(page, 1).getByRole('gridcell').nth(2).click();
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'City' }).fill('Ghent');
    await page.keyboard.press('Enter');
  });
  await page.waitForTimeout(3_000);
  const asked: string[] = [];
  page.on('request', (request) => request.url().includes('/v1/contacts') && asked.push(request.postData() ?? ''));
  const read = await fetch(`${url}/v1/contacts?limit=3`, { headers });
  const third = ((await read.json()) as { data: { id: string }[] }).data[2]?.id;
  await timed('what a colleague changed is there', async () => {
    await fetch(`${url}/v1/contacts/${third}`, {
      method: 'PATCH',
      headers,
      body: JSON.stringify({ city: `Ulm ${Date.now() % 1000}` }),
    });
    await expect(rowAt(page, 2).getByText(/^Ulm \d+$/)).toBeVisible();
  });
  await page.waitForTimeout(3_000);
  const [searches, sums] = [
    asked.filter((body) => body.includes('"fields"')),
    asked.filter((body) => body.includes('measures')),
  ];
  figures.push(
    `for it ${searches.length} search of ${JSON.parse(searches[0] ?? '{}').limit} record, ${sums.length} counts`,
  );
  expect(searches).toHaveLength(1);
  const heap = () =>
    page.evaluate(() =>
      Math.round((performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize / 1e6),
    );
  const before = await heap();
  for (let n = 0; n < 60; n += 1) {
    await scrollTo(page, n / 60);
    await page.waitForTimeout(150);
  }
  figures.push(`memory before and after sixty places: ${before} and ${await heap()} MB`);
  console.log(figures.join('\n'));
});
