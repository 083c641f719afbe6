import { expect, it } from 'vitest';
import { nameOf, newField, toBody } from './field-form';

it.each([
  ['Licence plate (old)', 'licence_plate_old'],
  ['Größe', 'grosse'],
  ['  2nd  Name ', 'nd_name'],
  ['Straße', 'strasse'],
])('%s is called %s', (label, name) => expect(nameOf(label)).toBe(name));

it('sends what belongs to the type and nothing else', () => {
  const field = { ...newField(0), label: 'Fuel', type: 'enum', values: ['petrol'], object: 'contact', indexed: true };
  expect(JSON.parse(JSON.stringify(toBody(field)))).toEqual({
    name: 'fuel',
    label: 'Fuel',
    type: 'enum',
    values: ['petrol'],
    indexed: true,
  });
});
