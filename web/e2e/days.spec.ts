import { expect, test } from './story';

test('a task stands in the calendar and is done with a tick', async ({ page, server }) => {
  const me = await server.ask<{ user: { id: string } }>('GET', '/v1/me');
  const due = new Date(Date.now() + 3_600_000).toISOString();
  const task = await server.ask('POST', '/v1/tasks', {
    subject: 'Water the plants',
    due_at: due,
    assignee_id: me.user.id,
  });
  await page.goto('/app/calendar');
  await expect(page.getByRole('table').getByRole('link', { name: /Water the plants/ })).toBeVisible();
  await page.getByRole('checkbox', { name: 'Water the plants is done' }).click();
  await expect.poll(async () => (await server.ask('GET', `/v1/tasks/${task.id}`)).status).toBe('done');
});

test('a quote is sent and accepted, and an invoice is taken back', async ({ page, server }) => {
  await server.ask('POST', '/v1/legal_entities', { name: 'Days Ltd', address_country: 'DE' });
  const customer = await server.ask('POST', '/v1/customers', {
    name: 'Quoted',
    mobile: '13800138333',
    customer_type: 'standard',
    email: 'quoted@example.com',
  });
  const lines = [{ description: 'Paper', quantity: '2', unit_price: '40' }];
  const quote = await server.ask('POST', '/v1/quotes', { customer_id: customer.id, currency: 'EUR', lines });
  const status = async (path: string, id: string) => (await server.ask('GET', `/v1/${path}/${id}`)).status;
  const act = async (name: string) => {
    const button = page.getByRole('button', { name, exact: true });
    await button.first().click();
    await page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
  };
  await page.goto(`/app/records/quotes/${quote.id}`);
  await act('Send');
  await expect.poll(() => status('quotes', quote.id)).toBe('sent');
  await act('Accept');
  await expect.poll(() => status('quotes', quote.id)).toBe('accepted');
  const invoice = await server.ask('POST', '/v1/invoices', { customer_id: customer.id, currency: 'EUR', lines });
  await server.ask('POST', `/v1/invoices/${invoice.id}/finalize`, {});
  await page.goto(`/app/records/invoices/${invoice.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Credit' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Wrong paper');
  await page.getByRole('dialog').getByRole('button', { name: 'Credit', exact: true }).click();
  await page.waitForURL(/\/records\/credit_notes\//);
  await expect(page.locator('[data-sum=total]')).toContainText('80.00');
});

test('the network goes away and comes back: it is said, and what is typed stays', async ({ page }) => {
  await page.goto('/app/records/companies');
  await page.getByRole('button', { name: 'Company', exact: true }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Tunnel Ltd');
  await page.context().setOffline(true);
  await expect(page.getByText('You are offline.')).toBeVisible();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('Tunnel Ltd');
  await page.context().setOffline(false);
  await expect(page.getByText('You are offline.')).toHaveCount(0);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Tunnel Ltd' })).toBeVisible();
});
