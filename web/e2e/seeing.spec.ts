import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './story';

test('an administrator sees what somebody else sees, changes nothing, and comes back', async ({ page, server }) => {
  const roles = await server.ask<{ id: string; name: string }[]>('GET', '/v1/roles?filter[name]=sales');
  const user = await server.ask('POST', '/v1/users', {
    name: 'Vera Sales',
    email: 'vera@example.com',
    role_id: roles[0]?.id,
  });
  await page.goto('/app/admin/users');
  await page.getByRole('searchbox', { name: 'Search' }).fill('Vera');
  const row = page.getByRole('row').filter({ hasText: 'Vera Sales' });
  await row.getByRole('button', { name: 'See as' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Why (optional)' }).fill('She says a list is empty');
  await page.getByRole('dialog').getByRole('button', { name: 'See the pages' }).click();
  const bar = page.getByText('You see this as Vera Sales sees it.');
  await expect(bar).toBeVisible();
  await expect(page.getByRole('link', { name: 'Administration' })).toHaveCount(0);
  // On every page, and nothing is offered that changes something.
  await page.getByRole('link', { name: 'Companies', exact: true }).click();
  await expect(page.getByRole('grid')).toBeVisible();
  await expect(bar).toBeVisible();
  for (const name of ['Company', 'New']) await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')).toEqual([]);
  await page.getByRole('button', { name: 'End this' }).click();
  await expect(bar).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Administration' })).toBeVisible();
  const audit = await server.ask<{ reason?: string }[]>('GET', '/v1/audit?action=impersonate&limit=5');
  expect(JSON.stringify(audit)).toContain('She says a list is empty');
  expect(user.id).toBeTruthy();
});

test('from the roles page one of those who have a role is seen as', async ({ page, server }) => {
  const roles = await server.ask<{ id: string }[]>('GET', '/v1/roles?filter[name]=read-only');
  await server.ask('POST', '/v1/users', { name: 'Rolf Reader', email: 'rolf@example.com', role_id: roles[0]?.id });
  await page.goto('/app/admin/roles');
  await page.getByRole('combobox', { name: 'Role', exact: true }).click();
  await page.getByRole('option', { name: /^read-only/ }).click();
  await page.getByRole('combobox', { name: 'See as somebody of this role' }).click();
  await page.getByRole('option', { name: 'Rolf Reader' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'See the pages' }).click();
  await expect(page.getByText('You see this as Rolf Reader sees it.')).toBeVisible();
  await page.getByRole('link', { name: 'Deals', exact: true }).click();
  await expect(page.getByRole('grid')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Deal', exact: true })).toHaveCount(0);
  await page.getByRole('button', { name: 'End this' }).click();
  await expect(page.getByRole('link', { name: 'Administration' })).toBeVisible();
});
