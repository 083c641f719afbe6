import { countOfDeals, expect, test, WON } from './story';

test('a question becomes a report, and a report a tile', async ({ page, server }) => {
  const won = await countOfDeals(server, WON);
  await page.goto('/app/reports');
  await page.getByRole('button', { name: 'New report' }).click();
  const dialog = page.getByRole('dialog', { name: 'New report' });
  await dialog.getByRole('combobox', { name: 'By', exact: true }).click();
  await page.getByRole('option', { name: 'Stage', exact: true }).click();
  await expect(dialog.getByText(won, { exact: true })).toHaveCount(1);
  await expect(dialog).toContainText('Prospecting');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Deals by stage');
  await dialog.getByRole('button', { name: 'Save the report' }).click();
  await expect(page.getByRole('heading', { name: 'Deals by stage' })).toBeVisible();
  await page.goto('/app/reports');
  await page.getByRole('textbox', { name: 'Name of a new dashboard' }).fill('Mornings');
  await page.getByRole('button', { name: 'New dashboard' }).click();
  await page.getByRole('button', { name: 'Arrange' }).click();
  await page.getByRole('combobox', { name: 'Add a report' }).click();
  await page.getByRole('option', { name: 'Deals by stage' }).click();
  await expect(
    page.getByRole('region', { name: 'Deals by stage' }).locator('svg.recharts-surface').first(),
  ).toBeVisible();
});

test('receivables are told by age, by the names of who owes and in their money', async ({ page, server }) => {
  const customer = await server.ask('POST', '/v1/customers', {
    name: 'Late Payer',
    mobile: '13800138444',
    customer_type: 'standard',
  });
  const invoice = await server.ask('POST', '/v1/invoices', {
    customer_id: customer.id,
    currency: 'EUR',
    lines: [{ description: 'Paper', quantity: '2', unit_price: '40' }],
  });
  await server.ask('POST', `/v1/invoices/${invoice.id}/finalize`, {});
  await page.goto('/app/reports');
  const ready = page.getByRole('region', { name: 'Ready-made' });
  const card = ready.locator('.mantine-Card-root').filter({ hasText: 'Receivables by age' });
  await card.getByRole('button', { name: 'Make' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Late Payer' });
  await expect(row).toContainText('€80.00');
  await expect(page.getByRole('columnheader', { name: '31–60 days late' })).toBeVisible();
});

test('every ready-made report answers', async ({ page, server }) => {
  await page.goto('/app/reports');
  const ready = page.getByRole('region', { name: 'Ready-made' });
  const makes = ready.getByRole('button', { name: 'Make' });
  await expect(makes.first()).toBeVisible();
  const count = await makes.count();
  expect(count).toBeGreaterThan(8);
  for (let at = 0; at < count; at += 1) {
    await page.goto('/app/reports');
    await makes.nth(at).click();
    await page.waitForURL(/\/reports\/\d+$/);
    const id = page.url().split('/').at(-1);
    const { columns } = await server.ask<{ columns: string[] }>('GET', `/v1/reports/${id}/result`);
    expect(columns.length).toBeGreaterThan(0);
    await expect(page.locator('#page').getByText(/^Request/)).toHaveCount(0);
  }
});

test('a key is made, shown once and works; the calls of the page are there to copy', async ({ page, server }) => {
  await page.goto('/app/developers?tab=keys');
  await page.getByRole('textbox', { name: 'Name of a new key' }).fill('from the page');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const key = (await page.locator('[data-secret]').textContent()) ?? '';
  const answer = await fetch(`${server.url}/v1/companies?limit=1`, { headers: { authorization: `Bearer ${key}` } });
  expect(answer.status).toBe(200);
  await page.getByRole('button', { name: 'The API calls of this page' }).click();
  await expect(page.getByRole('dialog').getByText(/curl -s -g -X POST .*\/v1\/api_keys/)).toBeVisible();
  await expect(page.getByRole('dialog').getByText(key)).toHaveCount(0);
});

test('a sandbox is unmistakable, and left again', async ({ page }) => {
  await page.goto('/app/admin/sandboxes');
  await page.getByRole('textbox', { name: 'Name' }).fill('training');
  await page.getByRole('combobox', { name: 'Filled with' }).click();
  await page.getByRole('option', { name: 'nothing' }).click();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('button', { name: 'Go in' }).click({ timeout: 60_000 });
  await expect(page.getByText('Sandbox “training”')).toBeVisible();
  await page.getByRole('link', { name: 'Companies' }).click();
  await expect(page.getByText('Nothing fits')).toBeVisible();
  await expect(page.getByText('Sandbox “training”')).toBeVisible();
  await page.getByRole('button', { name: 'Back to live' }).click();
  await expect(page.getByText('Sandbox “training”')).toHaveCount(0);
  await expect(page.getByText(/\d+ records/)).toBeVisible();
});

test('the pages speak German', async ({ page }) => {
  await page.goto('/app/profile');
  await page.getByText('Deutsch', { exact: true }).click();
  await expect(page.getByRole('link', { name: 'Geschäfte' })).toBeVisible();
  await page.getByRole('link', { name: 'Geschäfte' }).click();
  await expect(page.getByRole('heading', { name: 'Geschäfte' })).toBeVisible();
  await expect(page.getByText('Einträge')).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
});
