import { expect, test } from './story';

// What somebody sees who has read nothing: demo data are there, a deal is dragged to Won, and all else follows.
test('a deal is dragged to Won, its invoice is drafted, and a chart moves', async ({ page, server }) => {
  test.setTimeout(240_000);
  const company = await server.ask('POST', '/v1/companies', { name: 'Newcomer Ltd', phone: '13800138077' });
  const deal = await server.ask('POST', '/v1/deals', {
    name: 'First Deal',
    amount: '4321',
    currency: 'EUR',
    company_id: company.id,
  });
  const report = await server.ask('POST', '/v1/reports', {
    name: 'Deals won',
    kind: 'aggregate',
    target_object: 'deal',
    chart: 'number',
    definition: {
      filter: {
        and: [
          { field: 'stage.kind', op: 'eq', value: 'won' },
          { field: 'company_id', op: 'eq', value: company.id },
        ],
      },
      measures: [{ fn: 'count', as: 'n' }],
    },
  });
  const dashboard = await server.ask('POST', '/v1/dashboards', {
    name: 'Beginnings',
    layout: [{ report_id: report.id, x: 0, y: 0, width: 6, height: 4 }],
  });
  const chart = await page.context().newPage();
  await chart.goto(`${server.url}/app/dashboards/${dashboard.id}`);
  const tile = chart.getByRole('region', { name: 'Deals won' });
  await expect(tile).toContainText('0');
  await page.goto('/app/records/deals/board');
  const lane = (name: string) => page.getByRole('region', { name, exact: true });
  const card = page.locator(`[data-card="${deal.id}"]`);
  await expect(card).toBeVisible();
  await card.dragTo(lane('Won'));
  await page.getByRole('dialog').getByRole('button', { name: 'Win', exact: true }).click();
  await expect.poll(async () => (await server.ask('GET', `/v1/deals/${deal.id}`)).close_date ?? null).not.toBeNull();
  await expect(tile).toContainText('1');
  await page.goto(`/app/records/deals/${deal.id}?tab=related`);
  const invoices = page.getByRole('region', { name: /^Invoices/ });
  await expect(invoices.getByRole('link').nth(0)).toBeVisible({ timeout: 30_000 });
  await invoices.locator('a[href*="/records/invoices/"]').first().click();
  await expect(page.locator('[data-sum=total]')).toHaveText('€4,321.00');
});
