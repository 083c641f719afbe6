import { request } from '@playwright/test';
import { another, expect, OWNER, test } from './story';

test('signing in leads to where one was going, and signing out ends it', async ({ server, signedIn, browser }) => {
  expect(signedIn.cookies.length).toBeGreaterThan(0);
  // A session of its own: the one that the other stories share goes on.
  const page = await another(browser, server);
  await page.goto('/app/records/companies');
  await page.locator('input[name=email]').fill(OWNER.email);
  await page.locator('input[name=password]').fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Companies' })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe('/app/records/companies');
  await page.getByRole('button', { name: /Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await page.goto('/app/records/companies');
  await expect(page.locator('input[name=password]')).toBeVisible();
  await page.context().close();
});

test('no token is kept where another script could find it', async ({ page }) => {
  await page.goto('/app');
  await expect(page.getByRole('heading', { name: /Good to see you/ })).toBeVisible();
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(kept).not.toMatch(/eyJ|ko_|kr_|refresh|access_token/);
});

test('the first list needs less than 250 KB of script, and nothing from another host', async ({ page, server }) => {
  const scripts = new Map<string, number>();
  const hosts = new Set<string>();
  page.on('response', async (response) => {
    const url = new URL(response.url());
    if (url.protocol.startsWith('http')) hosts.add(url.origin);
    if (url.pathname.endsWith('.js')) scripts.set(url.pathname, await gzipped(url));
  });
  await page.goto('/app/records/deals');
  await expect(page.getByRole('row').nth(3)).toBeVisible();
  await expect.poll(() => [...scripts.values()].length).toBeGreaterThan(3);
  const script = [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0);
  console.log(`script before the first list: ${(script / 1024).toFixed(0)} KiB, gzipped`);
  expect(script).toBeGreaterThan(50_000);
  expect(script).toBeLessThan(250_000);
  expect([...hosts]).toEqual([server.url]);
});

test('whoever only reads is offered nothing else', async ({ server, browser }) => {
  const user = await server.ask('POST', '/v1/users', { name: 'Rea Donly', email: 'rea@example.com' });
  const link = await server.ask<{ url: string }>('POST', `/v1/users/${user.id}/invite`, { role: 'read-only' });
  const page = await another(browser, server);
  await page.goto(link.url);
  await page.locator('input[name=password]').fill(OWNER.password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/\/app/);
  // Signing in goes through several addresses; another page is opened when it is over.
  await expect(page.getByRole('heading', { name: /Good to see you/ })).toBeVisible();
  await page.goto('/app/records/companies');
  await expect(page.getByRole('heading', { name: 'Companies' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Company', exact: true })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Administration' })).toHaveCount(0);
  await page.getByRole('gridcell').getByRole('link').first().click();
  await expect(page.getByRole('tab', { name: 'Timeline' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Edit / })).toHaveCount(0);
  await page.context().close();
});

/** The bytes of a script as a browser without Brotli gets them. */
async function gzipped(url: URL): Promise<number> {
  const context = await request.newContext();
  const response = await context.get(url.href, { headers: { 'accept-encoding': 'gzip' } });
  const bytes = Number(response.headers()['content-length'] ?? 0);
  await context.dispose();
  return bytes;
}
