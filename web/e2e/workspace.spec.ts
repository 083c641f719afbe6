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

test('a user is put into a team', async ({ page, server }) => {
  await server.ask('POST', '/v1/teams', { name: 'North' });
  const user = await server.ask('POST', '/v1/users', { name: 'Nora North', email: 'nora@example.com' });
  await page.goto('/app/admin/users');
  await page.getByRole('searchbox', { name: 'Search' }).fill('Nora');
  await page.getByRole('combobox', { name: 'Team of Nora North' }).click();
  await page.getByRole('option', { name: 'North' }).click();
  await expect.poll(async () => (await server.ask('GET', `/v1/users/${user.id}`)).team_id ?? null).not.toBeNull();
});

test('limits are shown as the answers of the API say them', async ({ page }) => {
  await page.goto('/app/admin/limits');
  await expect(page.getByText('Limits are switched off')).toBeVisible();
  await page.route('**/v1/me', async (route) => {
    const response = await route.fetch();
    const headers = {
      ...response.headers(),
      'ratelimit-policy': '"key";q=100;w=10, "day";q=50000;w=86400',
      ratelimit: '"key";r=99;t=1, "day";r=1200;t=57600',
    };
    await route.fulfill({ response, headers });
  });
  await page.goto('/app/admin/limits');
  const row = page.getByRole('table', { name: 'Limits and quotas' }).getByRole('row', { name: /each day/ });
  await expect(row).toContainText('50,000');
  await expect(row).toContainText('1,200');
});

test('a slow network is said, and what is typed stays', async ({ page }) => {
  await page.goto('/app/records/companies');
  await page.getByRole('button', { name: 'Company', exact: true }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Slow Ltd');
  await page.route('**/v1/companies', async (route) => {
    await new Promise((done) => setTimeout(done, 6_000));
    await route.continue();
  });
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByText('The server takes longer than usual')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('Slow Ltd');
  await expect(page.getByRole('heading', { name: 'Slow Ltd' })).toBeVisible();
  await expect(page.getByText('The server takes longer than usual')).toHaveCount(0);
});

test('an event that was given up is dealt with again', async ({ page }) => {
  const dead = {
    event_id: '42',
    consumer: 'reporting',
    type: 'kontor.deal.won',
    sequence: '7',
    reason: 'no such stage',
    tries: 12,
    dead_at: '2026-11-20T10:00:00Z',
    replay_requested_at: null as string | null,
  };
  await page.route('**/v1/events/dead?**', (route) => route.fulfill({ json: { status: 200, data: [dead], meta: {} } }));
  const asked: unknown[] = [];
  await page.route('**/v1/events/dead/42/replay', (route) => {
    asked.push(route.request().postDataJSON());
    dead.replay_requested_at = '2026-11-22T10:00:00Z';
    return route.fulfill({ json: { status: 200, data: dead, meta: {} } });
  });
  await page.goto('/app/developers?tab=events');
  const list = page.getByRole('region', { name: 'Events that were given up' });
  await expect(list).toContainText('no such stage');
  await list.getByRole('button', { name: 'Deal with it again' }).click();
  await expect(list.getByRole('button', { name: 'Deal with it again' })).toBeDisabled();
  expect(asked).toEqual([{ consumer: 'reporting' }]);
});

test('a role is a table of objects, actions and reach, with fields that are hidden', async ({ page, server }) => {
  await page.goto('/app/admin/roles');
  await page.getByRole('textbox', { name: 'Name of a new role' }).fill('reviewer');
  await page.getByRole('button', { name: 'New role' }).click();
  const role = async () => (await server.ask<{ id: string }[]>('GET', '/v1/roles?filter[name]=reviewer'))[0]?.id;
  await expect.poll(role).toBeTruthy();
  const permissions = async () =>
    (
      await server.ask<{ target_object: string; action: string; reach: string; field_mask: { hidden?: string[] } }[]>(
        'GET',
        `/v1/permissions?filter[role_id]=${await role()}&limit=100`,
      )
    ).map((one) => `${one.target_object} ${one.action} ${one.reach} ${one.field_mask?.hidden?.join() ?? ''}`.trim());
  await page.getByRole('combobox', { name: 'Everything: Read' }).selectOption('team');
  await expect.poll(permissions).toEqual(['* read team']);
  await page.getByRole('combobox', { name: 'Deals: Read' }).selectOption('all');
  await expect.poll(async () => (await permissions()).sort()).toEqual(['* read team', 'deal read all']);
  // What stands for everything is seen at each object.
  await expect(page.getByRole('combobox', { name: 'Contacts: Read' })).toHaveText(/^\(.+\)/);
  await page.getByRole('combobox', { name: 'Deals: Read' }).selectOption('');
  await expect.poll(permissions).toEqual(['* read team']);
});
