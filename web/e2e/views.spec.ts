import type { Page } from '@playwright/test';
import { another, expect, test } from './story';

async function save(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save this view' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(/saved=/);
}

test('a board is saved as a view, opened from the list, and by its link', async ({
  page,
  server,
  browser,
  signedIn,
}) => {
  const mine = await server.ask('POST', '/v1/deals', { name: 'Boarded', amount: '9000', currency: 'EUR' });
  const small = await server.ask('POST', '/v1/deals', { name: 'Too small', amount: '3', currency: 'EUR' });
  const card = (of: Page, id: string) => of.locator(`[data-card="${id}"]`);
  await page.goto('/app/records/deals/board');
  await expect(card(page, small.id)).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search' }).fill('Boarded');
  await expect(card(page, small.id)).toHaveCount(0);
  await expect(card(page, mine.id)).toBeVisible();
  await save(page, 'Boarded ones');
  const [kept] = await server.ask<{ id: string; kind: string; definition: { group_by: string; q: string } }[]>(
    'GET',
    '/v1/saved_views?filter[name]=Boarded%20ones',
  );
  expect(kept?.kind).toBe('board');
  expect(kept?.definition).toMatchObject({ group_by: 'stage_id', q: 'Boarded' });
  await page.goto('/app/records/deals');
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Boarded ones' }).click();
  await expect(page).toHaveURL(/\/records\/deals\/board/);
  await expect(card(page, mine.id)).toBeVisible();
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Copy its link' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const colleague = await another(browser, server, signedIn);
  await colleague.goto(link);
  await expect(card(colleague, mine.id)).toBeVisible();
  await expect(card(colleague, small.id)).toHaveCount(0);
  await colleague.context().close();
});

test('a board that a program has saved is shown by its field and conditions', async ({ page, server }) => {
  for (const [name, city] of [
    ['Grouped in', 'Boardville'],
    ['Grouped out', 'Elsewhere'],
  ])
    await server.ask('POST', '/v1/companies', { name, city });
  const view = await server.ask('POST', '/v1/saved_views', {
    name: 'By owner',
    target_object: 'company',
    kind: 'board',
    definition: { group_by: 'owner_id', filter: { not: { field: 'city', op: 'ne', value: 'Boardville' } } },
  });
  await page.goto(`/app/records/companies?saved="${view.id}"`);
  await expect(page.getByRole('group', { name: 'Grouped in', exact: true })).toBeVisible();
  await expect(page.getByRole('group', { name: 'Grouped out', exact: true })).toHaveCount(0);
  await page.getByRole('button', { name: '1 condition' }).click();
  await expect(page.getByRole('checkbox', { name: 'Negate (NOT)' })).toBeChecked();
});

test('a calendar of any object is saved as a view and opens where its records stand', async ({ page, server }) => {
  const deal = await server.ask('POST', '/v1/deals', {
    name: 'Dated',
    amount: '10',
    currency: 'EUR',
    expected_close_date: '2031-03-14',
  });
  await server.ask('POST', '/v1/deals', {
    name: 'Other',
    amount: '10',
    currency: 'EUR',
    expected_close_date: '2031-03-14',
  });
  const day = page.locator('[data-day="2031-03-14"]');
  await page.goto('/app/records/deals/calendar?month=2031-03');
  await expect(day.getByRole('link', { name: 'Dated' })).toBeVisible();
  await expect(day.getByRole('link', { name: 'Other' })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search' }).fill('Dated');
  await expect(day.getByRole('link', { name: 'Other' })).toHaveCount(0);
  await save(page, 'Dated ones');
  await page.goto('/app/records/deals');
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Dated ones' }).click();
  await expect(page).toHaveURL(/\/records\/deals\/calendar/);
  // A view has no month of its own; it opens with this one.
  await page.goto(`${page.url()}&month=2031-03`);
  await expect(day.getByRole('link', { name: 'Dated' })).toBeVisible();
  await day.getByRole('link', { name: 'Dated' }).click();
  await expect(page).toHaveURL(new RegExp(`/records/deals/${deal.id}`));
});

test('a condition is negated, stays so in the link and in a view', async ({ page, server }) => {
  for (const [name, city] of [
    ['Negated 1', 'Notville'],
    ['Negated 2', 'Notville'],
    ['Negated 3', 'Elsewhere'],
  ])
    await server.ask('POST', '/v1/companies', { name, city });
  const filter = { join: 'and', parts: [{ field: 'city', op: 'eq', value: 'Notville' }] };
  await page.goto(`/app/records/companies?q=Negated&filter=${encodeURIComponent(JSON.stringify(filter))}`);
  await expect(page.getByText('2 records')).toBeVisible();
  await page.getByRole('button', { name: '1 condition' }).click();
  await page.getByRole('checkbox', { name: 'Negate (NOT)' }).check();
  await expect(page.getByText('1 record', { exact: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await save(page, 'Not there');
  const [kept] = await server.ask<{ id: string; definition: unknown }[]>(
    'GET',
    '/v1/saved_views?filter[name]=Not%20there',
  );
  expect(kept?.definition).toMatchObject({ filter: { not: { field: 'city', op: 'eq', value: 'Notville' } } });
  await page.goto(`/app/records/companies?saved="${kept?.id}"`);
  await expect(page.getByText('1 record', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: '1 condition' }).click();
  await expect(page.getByRole('checkbox', { name: 'Negate (NOT)' })).toBeChecked();
});
