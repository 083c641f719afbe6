import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { FieldDef, ObjectDef } from '~/api/catalog';
import { money, number } from '~/ui/format';
import { type Question, totalsQuery } from './data';
import { useWidths } from './saved';
import { defaultWidth } from './view';

/** Currencies that are shown below each other; all are in the cell's title. */
const MOST_SUMS = 3;

/** The last row: how many there are, and what they come to, currency by currency. */
export function Totals({ def, columns, question }: { def: ObjectDef; columns: FieldDef[]; question: Question }) {
  const { t } = useTranslation();
  const widths = useWidths(def.name);
  const { data } = useQuery(totalsQuery(def, columns, question));
  if (!data) return null;
  const count = data.rows.reduce((sum, row) => sum + Number(row.n ?? 0), 0);
  const template = `40px ${columns.map((field) => `${widths[field.path] ?? defaultWidth(field, field.path === def.name_field)}px`).join(' ')}`;
  return (
    <div role="row" className="grid-foot" style={{ gridTemplateColumns: template }}>
      <div role="gridcell" />
      {columns.map((field, c) => {
        const at = data.summed.indexOf(field.path);
        const sums = data.rows.flatMap((row) => {
          const sum = at < 0 ? null : row[`sum_${at}`];
          return sum === null || sum === undefined
            ? []
            : [money(String(sum), row.currency === null ? undefined : String(row.currency ?? ''))];
        });
        return (
          <div
            role="gridcell"
            key={field.path}
            className={`grid-cell${at >= 0 ? ' is-number' : ''}`}
            title={sums.join(', ')}
          >
            {c === 0 ? (
              t('list.count', { count, shown: number(count) })
            ) : (
              <div className="grid-sums">
                {sums.slice(0, MOST_SUMS).map((sum) => (
                  <div key={sum}>{sum}</div>
                ))}
                {sums.length > MOST_SUMS && '…'}
              </div>
            )}
          </div>
        );
      })}
    </div>
  );
}
