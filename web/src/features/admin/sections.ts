/** The rooms of the administration, in the order of its menu. */
export const SECTIONS = [
  'users',
  'roles',
  'objects',
  'pipelines',
  'audit',
  'retention',
  'privacy',
  'limits',
  'sandboxes',
  'health',
] as const;

export type Section = (typeof SECTIONS)[number];
