/** What a report may look like; without the library that draws. */
export const CHARTS = ['table', 'number', 'bar', 'line', 'pie', 'funnel'] as const;
