/** A report's answer. */
export interface Result {
  columns: string[];
  rows: Record<string, unknown>[];
}

export interface Series {
  /** What the axis is: the first columns that are no numbers. */
  label: string;
  figures: string[];
  points: { name: string; [figure: string]: string | number }[];
}

const isNumber = (value: unknown) =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
const isDate = (value: unknown) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value);

/** Columns to show: an id is left out where its name stands beside it. */
export function columnsOf(result: Result): string[] {
  return result.columns.filter((column) => !(column.endsWith('_id') && result.columns.includes(column.slice(0, -3))));
}

/** Whether a figure is an amount in the row's currency: of open invoices and of forecasts all are. */
export function isMoney(result: Result, column: string): boolean {
  if (!result.columns.includes('currency')) return false;
  const all = result.columns.includes('not_due') || result.columns.includes('best_case');
  return all ? column !== 'accuracy' : /(^|_)(amount|revenue|cost|budget)$/.test(column);
}

/** Which columns are figures: numbers in every row that has something, and no ids. */
export function figuresOf(result: Result): string[] {
  return columnsOf(result).filter((column) => {
    if (/(^|[_.])id$/.test(column)) return false;
    const values = result.rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined);
    return values.length > 0 && values.every((value) => isNumber(value) && !isDate(value));
  });
}

/** Figures that would lie on the floor beside the largest: they get a scale of their own. */
export function smallOf(series: Series): Set<string> {
  const most = (figure: string) => Math.max(...series.points.map((point) => Math.abs(Number(point[figure] ?? 0))), 0);
  const largest = Math.max(...series.figures.map(most), 0);
  return new Set(series.figures.filter((figure) => most(figure) < largest / 20));
}

/** A result as points for a chart. Charts are pictures: here, and only here, amounts become floats. */
export function seriesOf(result: Result, nameOf: (value: unknown, column: string) => string): Series {
  const figures = figuresOf(result);
  const labels = columnsOf(result).filter((column) => !figures.includes(column));
  const points = result.rows.map((row) => ({
    name: labels.map((column) => nameOf(row[column], column)).join(' · ') || '–',
    ...Object.fromEntries(figures.map((figure) => [figure, Number(row[figure] ?? 0)])),
  }));
  return { label: labels.join(' · '), figures, points };
}
