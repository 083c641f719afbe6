import { createHmac } from 'node:crypto';
import { another, expect, OWNER, test } from './story';

/** The six digits of an authenticator app now (RFC 6238). */
function digits(secret: string, now = Date.now()): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// Each story has a person of its own: what is done to an account would be in the way of the others.
test('somebody changes the password and sets up an authenticator app', async ({ server, browser }) => {
  const user = await server.ask('POST', '/v1/users', { name: 'Tia Otp', email: 'tia@example.com' });
  const link = await server.ask<{ url: string }>('POST', `/v1/users/${user.id}/invite`, { role: 'member' });
  const page = await another(browser, server);
  await page.goto(link.url);
  await page.locator('input[name=password]').fill(OWNER.password);
  await page.locator('button[type=submit]').click();
  await expect(page.getByRole('heading', { name: /Good to see you/ })).toBeVisible();
  await page.goto('/app/profile');
  const signing = page.getByRole('region', { name: 'Signing in' });
  await signing.getByLabel('Current password').fill('not mine at all');
  await signing.getByLabel('New password').fill('Neun-Kraniche-ziehen-41');
  await signing.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(signing.getByText(/password is wrong/)).toBeVisible();
  await signing.getByLabel('Current password').fill(OWNER.password);
  await signing.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByText('Your password was changed')).toBeVisible();
  await signing.getByRole('button', { name: 'Set up an authenticator app' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Current password').fill('Neun-Kraniche-ziehen-41');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  const secret = (await dialog.locator('[data-secret]').textContent()) ?? '';
  await dialog.getByRole('textbox', { name: 'Six digits from the app' }).fill(digits(secret));
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog.getByText('Recovery codes, shown only now')).toBeVisible();
  expect((await dialog.locator('[data-secret]').innerText()).trim().split('\n')).toHaveLength(10);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(signing.getByText('Second factor on')).toBeVisible();
  // From now on the app is asked for.
  await page.getByRole('button', { name: /Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.goto('/app');
  await page.locator('input[name=email]').fill('tia@example.com');
  await page.locator('input[name=password]').fill('Neun-Kraniche-ziehen-41');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.locator('input[name=code]')).toBeVisible();
  // Each code is good once: the one of the next half minute is, too.
  await page.locator('input[name=code]').fill(digits(secret, Date.now() + 30_000));
  await page.locator('button[type=submit]').first().click();
  await expect(page.getByRole('heading', { name: /Good to see you/ })).toBeVisible();
  await page.context().close();
});

test('whoever has two workspaces goes from one to the other', async ({ server, browser }) => {
  const email = 'bea@example.com';
  const live = await server.ask('POST', '/v1/users', { name: 'Bea Twice', email });
  const first = await server.ask<{ url: string }>('POST', `/v1/users/${live.id}/invite`, { role: 'member' });
  const page = await another(browser, server);
  const accept = async (url: string) => {
    await page.goto(url);
    await page.locator('input[name=password]').fill(OWNER.password);
    await page.locator('button[type=submit]').click();
    await expect(page.getByRole('heading', { name: /Good to see you/ })).toBeVisible();
  };
  await accept(first.url);
  const sandbox = await server.ask('POST', '/v1/sandboxes', { name: 'second', from: 'empty' });
  await expect
    .poll(async () => (await server.ask('GET', `/v1/sandboxes/${sandbox.id}`)).state, { timeout: 60_000 })
    .toBe('ready');
  const key = await server.ask<{ key: string }>('POST', `/v1/sandboxes/${sandbox.id}/keys`, { name: 'story' });
  const inSandbox = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' };
    const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status, path).toBeLessThan(300);
    return ((await answer.json()) as { data: { id: string; url: string } }).data;
  };
  const twin = await inSandbox('/v1/users', { name: 'Bea Twice', email });
  await accept((await inSandbox(`/v1/users/${twin.id}/invite`, { role: 'member' })).url);
  await expect(page.getByText('Sandbox “second”')).toBeVisible();
  await page.getByRole('button', { name: /Account of/ }).click();
  await page.getByRole('menuitem', { name: 'live', exact: true }).click();
  await expect(page.getByText('Sandbox “second”')).toHaveCount(0);
  await expect(page.getByRole('heading', { name: /Good to see you/ })).toBeVisible();
  await page.context().close();
});
