import { expect, test } from './story';

test('an object made a minute ago has its list, form, board and import', async ({ page }) => {
  await page.goto('/app/admin/objects');
  await page.getByRole('button', { name: 'New object' }).click();
  const dialog = page.getByRole('dialog', { name: 'New object' });
  await dialog.getByRole('textbox', { name: 'Label' }).first().fill('Vehicle');
  await dialog.getByRole('textbox', { name: 'Label' }).nth(1).fill('Plate');
  await dialog.getByRole('button', { name: 'Add a field' }).click();
  await dialog.getByRole('textbox', { name: 'Label' }).nth(2).fill('Fuel');
  await dialog.getByRole('combobox', { name: 'Type' }).nth(1).click();
  await page.getByRole('option', { name: 'Choice', exact: true }).click();
  await dialog.getByRole('combobox', { name: 'Values' }).fill('petrol');
  await page.keyboard.press('Enter');
  await dialog.getByRole('combobox', { name: 'Values' }).fill('electric');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog).toHaveCount(0);

  await page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name: 'Vehicles' }).click();
  await page.getByRole('button', { name: 'Vehicle', exact: true }).click();
  await page.getByRole('textbox', { name: 'Plate' }).fill('B-KO 42');
  await page.getByRole('combobox', { name: 'Fuel' }).click();
  await page.getByRole('option', { name: 'Petrol' }).click();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'B-KO 42' })).toBeVisible();

  await page.goto('/app/records/vehicles/board');
  const card = page.locator('[data-card]');
  await card.focus();
  await page.keyboard.press('Alt+ArrowRight');
  await expect(page.getByRole('region', { name: 'Electric' }).locator('[data-card]')).toHaveCount(1);

  await page.goto('/app/import?object=vehicle');
  await page.locator('input[type=file]').setInputFiles({
    name: 'v.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('Plate;Fuel\nM-AA 1;electric\n;petrol\n'),
  });
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByText('The trial: nothing was written')).toBeVisible();
  await expect(page.getByRole('cell', { name: /plate is required/i })).toBeVisible();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'The import' })).toBeVisible();
  await page.getByRole('button', { name: /Undo/ }).click();
  await expect(page.getByText('1 record went to the bin')).toBeVisible();
});
