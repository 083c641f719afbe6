import { expect, test } from './story';

test('a deal is moved on the board by mouse and by keyboard, and losing it asks why', async ({ page, server }) => {
  const deal = await server.ask('POST', '/v1/deals', { name: 'Board Deal', amount: '700', currency: 'EUR' });
  await page.goto('/app/records/deals/board');
  const card = page.locator(`[data-card="${deal.id}"]`);
  const lane = (name: string) => page.getByRole('region', { name, exact: true });
  await expect(lane('Prospecting').locator(`[data-card="${deal.id}"]`)).toBeVisible();
  await card.dragTo(lane('Proposal'));
  await expect(lane('Proposal').locator(`[data-card="${deal.id}"]`)).toBeVisible();
  await expect(lane('Proposal').getByText('€700.00').first()).toBeVisible();
  await card.focus();
  await page.keyboard.press('Alt+ArrowRight');
  await expect(lane('Negotiation').locator(`[data-card="${deal.id}"]`)).toBeVisible();
  await card.getByRole('button', { name: 'Move Board Deal' }).click();
  await page.getByRole('menuitem', { name: 'Lost' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Too dear');
  await page.getByRole('dialog').getByRole('button', { name: 'Lose', exact: true }).click();
  await expect.poll(async () => (await server.ask('GET', `/v1/deals/${deal.id}`)).lost_reason).toBe('Too dear');
});

test('from a won deal to a paid invoice', async ({ page, server }) => {
  await server.ask('POST', '/v1/products', { sku: 'E2E-1', name: 'Desk for stories', price: '100', currency: 'EUR' });
  const customer = await server.ask('POST', '/v1/customers', {
    name: 'Ada Story',
    mobile: '13800138000',
    customer_type: 'vip',
  });
  const deal = await server.ask('POST', '/v1/deals', { name: 'Won Story', amount: '500', currency: 'EUR' });
  await page.goto(`/app/records/deals/${deal.id}`);
  await page.getByRole('button', { name: 'Win', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Win', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Reopen' })).toBeVisible();

  const order = await server.ask('POST', '/v1/orders', { customer_id: customer.id, deal_id: deal.id, currency: 'EUR' });
  await page.goto(`/app/records/orders/${order.id}`);
  await page.getByRole('button', { name: 'Add a line' }).click();
  await page.getByRole('combobox', { name: 'Product, line 1' }).click();
  await page.getByRole('combobox', { name: 'Product, line 1' }).fill('Desk for');
  await page.getByRole('option', { name: 'Desk for stories' }).click();
  await expect(page.locator('[data-sum=total]')).toHaveText('€100.00');
  await page.getByRole('textbox', { name: 'Quantity, line 1' }).fill('3');
  await expect(page.locator('[data-sum=total]')).toHaveText('€300.00');
  await page.getByRole('textbox', { name: 'Discount, line 1' }).fill('10');
  await expect(page.locator('[data-sum=total]')).toHaveText('€270.00');
  await page.getByRole('button', { name: 'Confirm', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm', exact: true }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: 'Invoice', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Invoice', exact: true }).click();
  await page.waitForURL(/\/records\/invoices\//);
  await page.getByRole('button', { name: 'Finalize' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Finalize', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: /\d{4}-\d{5}/ })).toBeVisible();
  await page.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Amount' })).toHaveValue('270');
  await page.getByRole('dialog').getByRole('button', { name: 'Pay', exact: true }).click();
  const invoices = await server.ask<{ status: string }[]>('GET', `/v1/invoices?filter[customer_id]=${customer.id}`);
  await expect
    .poll(
      async () =>
        (await server.ask<{ status: string }[]>('GET', `/v1/invoices?filter[customer_id]=${customer.id}`))[0]?.status,
    )
    .toBe('paid');
  expect(invoices).toHaveLength(1);
});

test('a ticket is answered with a canned reply and solved with words', async ({ page, server }) => {
  await server.ask('POST', '/v1/canned_replies', {
    name: 'Hello',
    body: 'Dear {{contact.first_name}}, we look into {{ticket.number}}.',
  });
  await server.ask('POST', '/v1/sla_policies', {
    name: 'Any',
    priority: 'normal',
    first_response_minutes: 60,
    resolution_minutes: 480,
  });
  const contact = await server.ask('POST', '/v1/contacts', { first_name: 'Bo', last_name: 'Asker' });
  const ticket = await server.ask('POST', '/v1/tickets', {
    subject: 'The printer is on fire',
    contact_id: contact.id,
    description: 'It smokes.',
  });
  // The queue tells how long there is left.
  await page.goto('/app/records/tickets?q=printer');
  await expect(page.getByRole('gridcell', { name: /in \d+ minutes/ })).toBeVisible();
  await page.goto(`/app/records/tickets/${ticket.id}`);
  await expect(page.getByText(/First answer: \d+ min/)).toBeVisible();
  await page.getByRole('combobox', { name: 'Canned reply' }).click();
  await page.getByRole('option', { name: 'Hello' }).click();
  // Seen before it is sent; its places are the server's to fill in.
  await expect(page.getByText('Dear {{contact.first_name}}')).toBeVisible();
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByText(/Dear Bo, we look into T-/)).toBeVisible();
  await page.getByRole('textbox', { name: 'Your reply' }).fill('Which printer?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByText('Which printer?')).toBeVisible();
  await page.getByRole('button', { name: 'Resolve' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Resolution' }).fill('Put it out.');
  await page.getByRole('dialog').getByRole('button', { name: 'Resolve', exact: true }).click();
  await expect(page.getByText('Put it out.').first()).toBeVisible();
});

test('what others do appears on the board by itself', async ({ page, server }) => {
  const deal = await server.ask('POST', '/v1/deals', { name: 'Live Deal', amount: '10', currency: 'EUR' });
  await page.goto('/app/records/deals/board');
  const lane = (name: string) => page.getByRole('region', { name, exact: true });
  await expect(lane('Prospecting').locator(`[data-card="${deal.id}"]`)).toBeVisible();
  const stages = await server.ask<{ id: string; name: string }[]>('GET', '/v1/stages?limit=100');
  const proposal = stages.find((stage) => stage.name === 'Proposal');
  await server.ask('POST', `/v1/deals/${deal.id}/move`, { stage_id: proposal?.id });
  await expect(lane('Proposal').locator(`[data-card="${deal.id}"]`)).toBeVisible();
});

test('what came with a mail is on the ticket, to be fetched', async ({ page, server }) => {
  await server.ask('POST', '/v1/queues', { name: 'Mailed', email: 'support@example.com' });
  const mail = [
    'From: Mia Mail <mia@customer.example>',
    'To: support@example.com',
    'Subject: A picture of it',
    'Message-ID: <files-1@customer.example>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'See below.',
    '--b',
    'Content-Type: text/csv; name=figures.csv',
    'Content-Disposition: attachment; filename=figures.csv',
    '',
    'a,b',
    '--b--',
    '',
  ].join('\r\n');
  const answer = await fetch(`${server.url}/v1/inbound_emails`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'message/rfc822' },
    body: mail,
  });
  expect(answer.status).toBe(201);
  const ticket = async () =>
    (await server.ask<{ id: string }[]>('GET', '/v1/tickets?filter[subject]=A%20picture%20of%20it'))[0]?.id;
  await expect.poll(ticket, { timeout: 60_000 }).toBeTruthy();
  await page.goto(`/app/records/tickets/${await ticket()}?tab=files`);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download figures.csv' }).click();
  expect((await downloading).suggestedFilename()).toBe('figures.csv');
});
