import { expect, test } from './story';

test('retention is set, tried and taken off', async ({ page, server }) => {
  await page.goto('/app/admin/retention');
  await page.getByRole('textbox', { name: 'Days' }).fill('365');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: 'Leads' });
  await expect(row).toContainText('365');
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'nothing was changed' })).toContainText('Leads: 0');
  await row.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(row).toHaveCount(0);
  expect(await server.ask<unknown[]>('GET', '/v1/privacy/retention')).toEqual([]);
});

test('a person asks for what is known, and the archive is there', async ({ page, server }) => {
  await server.ask('POST', '/v1/contacts', { first_name: 'Priva', last_name: 'Cyzz' });
  await page.goto('/app/admin/privacy');
  await page.getByRole('combobox', { name: 'Person' }).click();
  await page.getByRole('combobox', { name: 'Person' }).fill('Cyzz');
  await page.getByRole('option', { name: /Cyzz/ }).click();
  await page.getByRole('button', { name: 'Begin' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Cyzz' });
  const downloading = page.waitForEvent('download');
  await row.getByRole('button', { name: 'Archive' }).click({ timeout: 60_000 });
  const chunks = await (await (await downloading).createReadStream()).toArray();
  expect(Buffer.concat(chunks).length).toBeGreaterThan(100);
});

test('the audit tells what was done, and whether its chain is unbroken', async ({ page, server }) => {
  const company = await server.ask('POST', '/v1/companies', { name: 'Audited' });
  await server.ask('PATCH', `/v1/companies/${company.id}`, { city: 'Ulm' });
  await page.goto('/app/admin/audit');
  await page.getByRole('textbox', { name: 'Record' }).fill(company.id);
  const rows = page.getByRole('row').filter({ hasText: 'company' });
  await expect(rows).toHaveCount(2);
  await rows.filter({ hasText: 'update' }).getByRole('button', { name: 'Details' }).click();
  await expect(page.getByRole('dialog')).toContainText('"Ulm"');
  await page.keyboard.press('Escape');
  await expect(page.getByText(/Unbroken|Not verified yet/)).toBeVisible();
});

test('a pipeline gets a stage, which takes another place', async ({ page, server }) => {
  const pipeline = await server.ask('POST', '/v1/pipelines', { name: 'Renewals', position: 9 });
  for (const [at, name] of ['First', 'Second'].entries())
    await server.ask('POST', '/v1/stages', { pipeline_id: pipeline.id, name, kind: 'open', position: at + 1 });
  await page.goto('/app/admin/pipelines');
  const card = page.locator('.mantine-Card-root').filter({ has: page.getByRole('heading', { name: 'Renewals' }) });
  const names = async () =>
    (await server.ask<{ name: string }[]>('GET', `/v1/stages?filter[pipeline_id]=${pipeline.id}&sort=position`)).map(
      (one) => one.name,
    );
  await card.getByRole('textbox', { name: 'Stage' }).last().fill('Third');
  await card.getByRole('button', { name: 'Add a stage' }).click();
  await expect.poll(names).toEqual(['First', 'Second', 'Third']);
  await card.getByRole('button', { name: 'Move Third forward' }).click();
  await expect.poll(names).toEqual(['First', 'Third', 'Second']);
});

test('health tells what the installation depends on', async ({ page }) => {
  await page.goto('/app/admin/health');
  await expect(page.getByRole('row').filter({ hasText: 'Database' })).toContainText('ok');
});

test('a request is found by its id, with its fault', async ({ page, server }) => {
  const refused = await fetch(`${server.url}/v1/companies`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const id = refused.headers.get('x-request-id') ?? '';
  expect(refused.status).toBe(400);
  await page.goto('/app/developers?tab=requests');
  await page.getByRole('textbox', { name: 'Request' }).fill(id);
  const row = page.getByRole('row').filter({ hasText: id });
  // The log is written in portions.
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Reload' }).click();
      return row.count();
    })
    .toBe(1);
  await expect(row).toContainText('400');
  await row.getByRole('button', { name: id }).click();
  await expect(page.getByRole('dialog')).toContainText('POST /v1/{collection}');
});

test('an application is made, its secret shown once, and GraphiQL is not offered without GraphQL', async ({
  page,
  server,
}) => {
  await page.goto('/app/developers?tab=clients');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Story app');
  await page.getByRole('combobox', { name: 'Redirect addresses' }).fill('https://app.example.com/back');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Make an application' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Story app' })).toBeVisible();
  const clients = await server.ask<{ client_name: string }[]>('GET', '/v1/oauth_clients');
  expect(clients.map((one) => one.client_name)).toContain('Story app');
  await expect(page.getByRole('link', { name: 'Try the API' })).toHaveAttribute('href', '/docs');
  await expect(page.getByText(/graphi?ql/i)).toHaveCount(0);
});
