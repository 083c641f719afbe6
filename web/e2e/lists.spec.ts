import { another, countOfDeals, expect, test, WON } from './story';

test('a list is searched, sorted, filtered over a relation, and the filter is a link', async ({ page, server }) => {
  const [all, won] = [await countOfDeals(server), await countOfDeals(server, WON)];
  await page.goto('/app/records/deals');
  await expect(page.getByText(`${all} records`)).toBeVisible();
  await page.getByRole('button', { name: 'Amount', exact: true }).click();
  await page.getByRole('button', { name: 'Amount', exact: true }).click();
  await expect(page.getByRole('columnheader', { name: /^Amount/ })).toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('button', { name: 'Condition', exact: true }).click();
  await page.getByRole('combobox', { name: 'Field' }).click();
  await page.getByRole('option', { name: 'Stage › Kind' }).click();
  await page.getByRole('combobox', { name: 'Kind' }).click();
  await page.getByRole('option', { name: 'Won' }).click();
  await expect(page.getByText(`${won} records`)).toBeVisible();
  const link = page.url();
  await page.goto('about:blank');
  await page.goto(link);
  await expect(page.getByText(`${won} records`)).toBeVisible();
  await expect(page.getByRole('button', { name: '1 condition' })).toBeVisible();
});

test('a cell is edited by keyboard, and goes back when the server refuses', async ({ page, server }) => {
  const company = await server.ask('POST', '/v1/companies', { name: 'Aaa Keyboard', city: 'Bonn' });
  await page.goto(`/app/records/companies?sort=name&cols=["name","city","phone"]`);
  const cell = page.getByRole('gridcell', { name: 'Bonn', exact: true });
  await cell.click();
  await page.keyboard.press('Enter');
  const input = page.getByRole('textbox', { name: 'City' });
  await expect(input).toBeFocused();
  await input.fill('Köln');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('gridcell', { name: 'Köln', exact: true })).toBeFocused();
  await expect.poll(async () => (await server.ask('GET', `/v1/companies/${company.id}`)).city).toBe('Köln');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Phone' }).fill('not a number');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'Request' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: 'not a number' })).toHaveCount(0);
});

test('many records are changed at once, and changed back', async ({ page, server }) => {
  for (const n of [1, 2, 3]) await server.ask('POST', '/v1/companies', { name: `Bulk ${n}`, industry: 'toys' });
  await page.goto('/app/records/companies?q=Bulk');
  await expect(page.getByText('3 records')).toBeVisible();
  await page.getByRole('checkbox', { name: 'Mark all that are loaded' }).check();
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByRole('combobox', { name: 'Field' }).click();
  await page.getByRole('option', { name: 'Industry' }).click();
  await page.getByRole('textbox', { name: 'Industry' }).fill('games');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByRole('gridcell', { name: 'games' })).toHaveCount(3);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('gridcell', { name: 'toys' })).toHaveCount(3);
});

test('rows come as they are scrolled to, and few are in the page', async ({ page, server }) => {
  const all = await countOfDeals(server);
  await page.goto('/app/records/deals?sort=external_id');
  const grid = page.getByRole('grid');
  await expect(page.getByText(`${all} records`)).toBeVisible();
  for (let n = 0; n < 8; n += 1) {
    await grid.evaluate((element) => element.scrollBy(0, 3_000));
    await page.waitForTimeout(250);
  }
  const seen = await grid
    .locator('[role=row][aria-rowindex]')
    .evaluateAll((rows) => Math.max(...rows.map((row) => Number(row.getAttribute('aria-rowindex')))));
  expect(seen).toBeGreaterThan(200);
  expect(await grid.getByRole('row').count()).toBeLessThan(80);
});

test('Ctrl-K finds records and goes to pages', async ({ page }) => {
  await page.goto('/app');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('Control+K');
  await page.getByPlaceholder('Find records, pages and actions').fill('Zumgo');
  await page
    .getByRole('button', { name: /Zumgoity/ })
    .first()
    .click();
  await expect(page.getByRole('heading', { name: 'Zumgoity' })).toBeVisible();
});

test('a view is saved under a name, found again, and its link shows the same', async ({
  page,
  server,
  browser,
  signedIn,
}) => {
  for (const n of [1, 2]) await server.ask('POST', '/v1/companies', { name: `Viewed ${n}`, city: 'Viewtown' });
  const filter = encodeURIComponent(
    JSON.stringify({ join: 'and', parts: [{ field: 'city', op: 'eq', value: 'Viewtown' }] }),
  );
  await page.goto(`/app/records/companies?filter=${filter}&sort=-name`);
  await expect(page.getByText('2 records')).toBeVisible();
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save this view' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('People of Viewtown');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.goto('/app/records/companies');
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'People of Viewtown' }).click();
  await expect(page.getByText('2 records')).toBeVisible();
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Copy its link' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const colleague = await another(browser, server, signedIn);
  await colleague.goto(link);
  await expect(colleague.getByText('2 records')).toBeVisible();
  await expect(colleague.getByRole('gridcell').getByRole('link').first()).toHaveText('Viewed 2');
  await colleague.context().close();
});

test('a view is shared, opened by its short link, chosen as the first of its list, and changed', async ({
  page,
  server,
  browser,
  signedIn,
}) => {
  for (const n of [1, 2, 3]) await server.ask('POST', '/v1/companies', { name: `Chosen ${n}`, city: `Choice ${n}` });
  await page.goto('/app/records/companies?q=Chosen&sort=name');
  await expect(page.getByText('3 records')).toBeVisible();
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save this view' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('The chosen');
  await dialog.getByRole('switch', { name: 'Everybody sees it' }).check();
  await dialog.getByRole('switch', { name: 'Open the list with it' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(/saved=/);
  const views = await server.ask<{ id: string; shared: boolean }[]>('GET', '/v1/saved_views?filter[name]=The%20chosen');
  expect(views[0]?.shared).toBe(true);
  // In another browser the list opens with it, and everything is still there.
  const other = await another(browser, server, signedIn);
  await other.goto('/app/records/companies');
  await expect(other.getByText('3 records')).toBeVisible();
  await other.getByRole('button', { name: 'Views' }).click();
  await other.getByRole('menuitem', { name: 'Everything' }).click();
  await expect(other.getByText('3 records')).toHaveCount(0);
  // The link follows the view when it is changed.
  await page.getByRole('searchbox', { name: 'Search' }).fill('Chosen 2');
  await expect(page.getByText('1 record', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Keep the changes in The chosen' }).click();
  await expect(page.getByText('The view is kept as it is shown')).toBeVisible();
  await other.goto(`/app/records/companies?saved="${views[0]?.id}"`);
  await expect(other.getByText('1 record', { exact: true })).toBeVisible();
  await other.context().close();
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('button', { name: 'Forget The chosen' }).click();
  await expect(page.getByRole('menuitem', { name: 'The chosen', exact: true })).toHaveCount(0);
});

test('views that this browser has kept are moved to the server', async ({ page, server }) => {
  await page.goto('/app');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.evaluate(() => {
    const view = { sort: '-name', filter: { join: 'and', parts: [{ field: 'city', op: 'eq', value: 'Rome' }] } };
    localStorage.setItem('kontor.views.company', JSON.stringify([{ name: 'Kept here', view }]));
  });
  await page.goto('/app/records/companies');
  await page.getByRole('button', { name: 'Views' }).click();
  await expect(page.getByRole('menuitem', { name: 'Kept here' })).toBeVisible();
  const views = await server.ask<{ definition: { sort: string[] } }[]>(
    'GET',
    '/v1/saved_views?filter[name]=Kept%20here',
  );
  expect(views[0]?.definition.sort).toEqual(['-name']);
  expect(await page.evaluate(() => localStorage.getItem('kontor.views.company'))).toBeNull();
});

test('two that are marked become one, and what is marked alone is exported', async ({ page, server }) => {
  for (const city of ['Ulm', 'Jena']) await server.ask('POST', '/v1/companies', { name: `Twin of ${city}`, city });
  await page.goto('/app/records/companies?q=Twin of&sort=name');
  await expect(page.getByText('2 records')).toBeVisible();
  await page.getByRole('checkbox', { name: 'Mark Twin of Ulm' }).check();
  const bar = page.getByRole('region', { name: 'Marked records' });
  await expect(bar.getByRole('button', { name: 'Merge' })).toHaveCount(0);
  await bar.getByRole('button', { name: 'Export' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Export' }).click();
  const downloading = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Download' }).click({ timeout: 60_000 });
  const text = await (await (await downloading).createReadStream()).toArray();
  expect(Buffer.concat(text).toString()).toContain('Twin of Ulm');
  expect(Buffer.concat(text).toString()).not.toContain('Twin of Jena');
  await page.keyboard.press('Escape');
  await page.getByRole('checkbox', { name: 'Mark Twin of Jena' }).check();
  await bar.getByRole('button', { name: 'Merge' }).click();
  await page.getByRole('dialog').getByRole('radio', { name: 'City: The other' }).check();
  await page.getByRole('dialog').getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByText('1 record', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('2 records')).toBeVisible();
});

test('Ctrl-K does what the page can do, and goes to pages within pages', async ({ page, server }) => {
  const deal = await server.ask('POST', '/v1/deals', { name: 'Commanded', amount: '5', currency: 'EUR' });
  await page.goto(`/app/records/deals/${deal.id}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Commanded' })).toBeVisible();
  await page.keyboard.press('Control+K');
  const box = page.getByPlaceholder('Find records, pages and actions');
  await box.fill('win');
  await page.getByRole('button', { name: 'Win: Commanded' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Win', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Reopen' })).toBeVisible();
  await page.keyboard.press('Control+K');
  await box.fill('retention');
  await page.getByRole('button', { name: /^Retention/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Retention' })).toBeVisible();
  // What the record offered went with its page.
  await page.keyboard.press('Control+K');
  await box.fill('reopen');
  await expect(page.getByText('Nothing is called like that')).toBeVisible();
  await box.fill('dark theme');
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
});
