/** The tabs of the developers' pages; some are for those who manage the workspace. */
export const TABS = [
  { name: 'requests', isManaged: false },
  { name: 'events', isManaged: false },
  { name: 'webhooks', isManaged: true },
  { name: 'keys', isManaged: true },
  { name: 'clients', isManaged: true },
] as const;
