import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { Server } from './server';
import { expect, test } from './story';

const PAGES = [
  '/app',
  '/app/records/deals',
  '/app/records/deals/board',
  '/app/records/deals/calendar',
  '/app/inbox',
  '/app/calendar',
  '/app/import',
  '/app/reports',
  '/app/developers?tab=requests',
  '/app/developers?tab=keys',
  '/app/developers?tab=clients',
  '/app/developers?tab=events',
  '/app/developers?tab=webhooks',
  '/app/admin/users',
  '/app/admin/roles',
  '/app/admin/objects',
  '/app/admin/pipelines',
  '/app/admin/audit',
  '/app/admin/retention',
  '/app/admin/privacy',
  '/app/admin/limits',
  '/app/admin/sandboxes',
  '/app/admin/health',
  '/app/profile',
];

/** What axe finds on pages that is serious or worse. */
async function findings(page: Page, paths: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    await page.goto(path);
    await settled(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter((one) => one.impact === 'serious' || one.impact === 'critical');
    found.push(...serious.map((one) => `${path} ${one.id}: ${one.nodes[0]?.html.slice(0, 200)}`));
  }
  return found;
}

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing serious in ${scheme}`, async ({ page, server }) => {
    test.setTimeout(900_000);
    await page.emulateMedia({ colorScheme: scheme });
    expect(await findings(page, [...PAGES, ...(await records(server))])).toEqual([]);
  });
}

test('axe finds nothing serious on whatever the menu leads to', async ({ page }) => {
  test.setTimeout(900_000);
  await page.goto('/app');
  await page.getByRole('button', { name: 'More', exact: true }).click();
  const links = page.getByRole('navigation', { name: 'Menu' }).getByRole('link');
  await expect.poll(() => links.count()).toBeGreaterThan(40);
  const all = await links.evaluateAll((found) => found.map((link) => link.getAttribute('href') ?? ''));
  expect(
    await findings(
      page,
      [...new Set(all)].filter((path) => !PAGES.includes(path)),
    ),
  ).toEqual([]);
});

for (const width of [360, 3840]) {
  test(`pages fit into ${width} pixels`, async ({ page, server }) => {
    test.setTimeout(600_000);
    await page.setViewportSize({ width, height: width > 1000 ? 2160 : 740 });
    for (const path of [...PAGES, ...(await records(server))]) {
      await page.goto(path);
      await settled(page);
      const wide = await page.evaluate(() => {
        const main = document.querySelector('#page');
        return Math.max(
          document.documentElement.scrollWidth - innerWidth,
          (main?.scrollWidth ?? 0) - (main?.clientWidth ?? 0),
        );
      });
      expect(wide, path).toBeLessThanOrEqual(1);
    }
  });
}

/** Pages of records: one as all are, and those with a room of their own. */
async function records(server: Server): Promise<string[]> {
  const made = (path: string, body: unknown) => server.ask<{ id: string }>('POST', path, body);
  const company = (await server.ask<{ id: string }[]>('GET', '/v1/companies?limit=1'))[0];
  const flow = (await server.ask<{ id: string }[]>('GET', '/v1/workflows?filter[external_id]=shipped-deal-won'))[0];
  const segment = await made('/v1/segments', {
    name: 'Axe',
    target_object: 'contact',
    conditions: { field: 'city', op: 'eq', value: 'Rome' },
  });
  const template = await made('/v1/templates', { name: 'Axe', channel: 'email', subject: 'Hello' });
  const campaign = await made('/v1/campaigns', { name: 'Axe', channel: 'email' });
  const sequence = await made('/v1/sequences', { name: 'Axe' });
  await made('/v1/sequence_steps', { sequence_id: sequence.id, position: 10, kind: 'task', subject: 'Call' });
  const deal = await made('/v1/deals', { name: 'Axe', amount: '5', currency: 'EUR', company_id: company?.id });
  const contact = await made('/v1/contacts', { first_name: 'Axe', last_name: 'Contact' });
  const ticket = await made('/v1/tickets', { subject: 'Axe', contact_id: contact.id, description: 'It squeaks.' });
  const name = `Axe ${Date.now() % 1e6}`;
  const customer = await made('/v1/customers', { name, mobile: '13800138111', customer_type: 'standard' });
  const lines = [{ description: 'Paper', quantity: '1', unit_price: '9' }];
  const quote = await made('/v1/quotes', { customer_id: customer.id, currency: 'EUR', lines });
  const invoice = await made('/v1/invoices', { customer_id: customer.id, currency: 'EUR', lines });
  const report = await made('/v1/reports', {
    name: 'Axe',
    kind: 'aggregate',
    target_object: 'deal',
    chart: 'bar',
    definition: { group_by: ['stage_id'], measures: [{ fn: 'count', as: 'n' }] },
  });
  const layout = [{ report_id: report.id, x: 0, y: 0, width: 6, height: 4 }];
  const dashboard = await made('/v1/dashboards', { name: 'Axe', layout });
  return [
    `/app/records/companies/${company?.id}`,
    ...['related', 'history', 'shares'].map((tab) => `/app/records/companies/${company?.id}?tab=${tab}`),
    `/app/records/deals/${deal.id}`,
    `/app/records/tickets/${ticket.id}`,
    `/app/records/tickets/${ticket.id}?tab=files`,
    `/app/records/quotes/${quote.id}`,
    `/app/records/invoices/${invoice.id}`,
    `/app/records/invoices/${invoice.id}?tab=pdf`,
    `/app/reports/${report.id}`,
    `/app/dashboards/${dashboard.id}`,
    `/app/records/workflows/${flow?.id}`,
    `/app/records/workflows/${flow?.id}?tab=runs`,
    `/app/records/workflows/${flow?.id}?tab=trial`,
    `/app/records/segments/${segment.id}`,
    `/app/records/templates/${template.id}`,
    `/app/records/campaigns/${campaign.id}`,
    `/app/records/sequences/${sequence.id}`,
  ];
}

/** The page and what it asked for are there; the stream of events is open as long as the page is. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible({ timeout: 60_000 });
  await expect(page.locator('.mantine-Loader-root')).toHaveCount(0);
  await page.waitForTimeout(600);
}
