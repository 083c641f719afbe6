import { Center, Table, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import {
  Bar,
  BarChart,
  CartesianGrid,
  Cell,
  LabelList,
  Legend,
  Line,
  LineChart,
  Pie,
  PieChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { brief, money, number } from '~/ui/format';
import { ScrollBox } from '~/ui/scroll-box';
import { columnsOf, figuresOf, isMoney, type Result, seriesOf, smallOf } from './result';
import { useWords, type Words } from './words';

/** Colours that stay apart for people who see few (Okabe and Ito), dark enough for white and light pages. */
const COLORS = ['#2a77bd', '#c2571a', '#1f8a5b', '#a35c9e', '#b08900', '#4d5d6c', '#d1495b', '#00798c'];

interface Props {
  chart: string;
  result: Result;
  height?: number;
  title: string;
}

/** A report's result as its chart. Every picture has its table for those who read. */
export default function Chart({ chart, result, height = 280, title }: Props) {
  const { t } = useTranslation();
  const words = useWords(result);
  if (result.rows.length === 0) {
    return (
      <Center h={120}>
        <Text c="dimmed">{t('report.empty')}</Text>
      </Center>
    );
  }
  if (chart === 'table') return <ResultTable result={result} words={words} />;
  const series = seriesOf(result, words.value);
  const { figures, points } = series;
  const small = smallOf(series);
  const scaleOf = (figure: string) => (small.has(figure) ? 'small' : 'large');
  const first = figures.at(-1) ?? '';
  if (chart === 'number') {
    const sum = points.reduce((all, point) => all + Number(point[first] ?? 0), 0);
    return (
      <Center h={120}>
        <div style={{ textAlign: 'center' }}>
          <Text fz={40} fw={700} className="numbers">
            {number(sum)}
          </Text>
          <Text c="dimmed">{words.column(first)}</Text>
        </div>
      </Center>
    );
  }
  const axis = { stroke: 'var(--mantine-color-dimmed)', fontSize: 12 };
  const tip = { background: 'var(--mantine-color-body)', border: '1px solid var(--line)', borderRadius: 6 };
  return (
    <figure style={{ margin: 0 }} aria-label={title}>
      <div style={{ height }} aria-hidden>
        <ResponsiveContainer width="100%" height="100%">
          {chart === 'line' ? (
            <LineChart accessibilityLayer={false} data={points} margin={{ left: 4, right: 12, top: 8 }}>
              <CartesianGrid yAxisId="large" stroke="var(--line)" vertical={false} />
              <XAxis dataKey="name" {...axis} />
              <YAxis yAxisId="large" tickFormatter={brief} width={56} {...axis} />
              {small.size > 0 && (
                <YAxis yAxisId="small" orientation="right" tickFormatter={brief} width={44} {...axis} />
              )}
              <Tooltip contentStyle={tip} formatter={(value) => number(Number(value))} />
              {figures.length > 1 && (
                <Legend
                  formatter={(value) => (
                    <span style={{ color: 'var(--mantine-color-text)' }}>{words.column(String(value))}</span>
                  )}
                />
              )}
              {figures.map((figure, i) => (
                <Line
                  key={figure}
                  yAxisId={scaleOf(figure)}
                  dataKey={figure}
                  stroke={COLORS[i % COLORS.length]}
                  strokeWidth={2}
                  dot={points.length < 40}
                  isAnimationActive={false}
                />
              ))}
            </LineChart>
          ) : chart === 'pie' ? (
            <PieChart accessibilityLayer={false}>
              <Pie
                data={points}
                dataKey={first}
                nameKey="name"
                innerRadius="45%"
                outerRadius="80%"
                isAnimationActive={false}
                label={({ name }) => String(name)}
              >
                {points.map((point, i) => (
                  <Cell key={point.name} fill={COLORS[i % COLORS.length]} />
                ))}
              </Pie>
              <Tooltip contentStyle={tip} formatter={(value) => number(Number(value))} />
            </PieChart>
          ) : chart === 'funnel' ? (
            <BarChart
              accessibilityLayer={false}
              data={points}
              layout="vertical"
              margin={{ left: 4, right: 56, top: 8 }}
              barCategoryGap={4}
            >
              <XAxis type="number" hide />
              <YAxis type="category" dataKey="name" width={120} {...axis} />
              <Tooltip
                contentStyle={tip}
                formatter={(value) => number(Number(value))}
                cursor={{ fill: 'var(--tint)' }}
              />
              <Bar dataKey={figures[0] ?? first} isAnimationActive={false} radius={[0, 3, 3, 0]}>
                {points.map((point, i) => (
                  <Cell key={point.name} fill={COLORS[i % COLORS.length]} />
                ))}
                <LabelList
                  dataKey={figures[0] ?? first}
                  position="right"
                  fill="var(--mantine-color-text)"
                  formatter={(value) => brief(Number(value))}
                />
              </Bar>
            </BarChart>
          ) : (
            <BarChart accessibilityLayer={false} data={points} margin={{ left: 4, right: 12, top: 8 }}>
              <CartesianGrid yAxisId="large" stroke="var(--line)" vertical={false} />
              <XAxis dataKey="name" {...axis} />
              <YAxis yAxisId="large" tickFormatter={brief} width={56} {...axis} />
              {small.size > 0 && (
                <YAxis yAxisId="small" orientation="right" tickFormatter={brief} width={44} {...axis} />
              )}
              <Tooltip
                contentStyle={tip}
                formatter={(value) => number(Number(value))}
                cursor={{ fill: 'var(--tint)' }}
              />
              {figures.length > 1 && (
                <Legend
                  formatter={(value) => (
                    <span style={{ color: 'var(--mantine-color-text)' }}>{words.column(String(value))}</span>
                  )}
                />
              )}
              {figures.map((figure, i) => (
                <Bar
                  key={figure}
                  yAxisId={scaleOf(figure)}
                  dataKey={figure}
                  fill={COLORS[i % COLORS.length]}
                  isAnimationActive={false}
                  radius={[3, 3, 0, 0]}
                />
              ))}
            </BarChart>
          )}
        </ResponsiveContainer>
      </div>
      <figcaption className="sr-only">
        <Plain result={result} words={words} />
      </figcaption>
    </figure>
  );
}

interface TableProps {
  result: Result;
  words: Words;
  /** Figures are short, so that many columns stand in a narrow place. */
  isTight?: boolean;
}

/** Pixels that a column wants, and that it needs with short figures. */
const WANTED = 92;
const NEEDED = 58;

function ResultTable(props: TableProps) {
  const { ref, width } = useElementSize();
  const columns = columnsOf(props.result).length;
  const isTight = width > 0 && width < columns * WANTED;
  return (
    <div ref={ref}>
      <ScrollBox minWidth={Math.max(isTight ? 260 : 320, columns * (isTight ? NEEDED : WANTED))} maxHeight={420}>
        <Plain {...props} isTight={isTight} />
      </ScrollBox>
    </div>
  );
}

function Plain({ result, words, isTight = false }: TableProps) {
  const figures = new Set(figuresOf(result));
  const columns = columnsOf(result);
  const whole = (row: Record<string, unknown>, column: string, value: unknown) =>
    isMoney(result, column) ? money(String(value), String(row.currency ?? '')) : number(String(value));
  const isNone = (value: unknown) => value === null || value === undefined;
  return (
    <Table verticalSpacing={4} horizontalSpacing={isTight ? 5 : undefined} fz={isTight ? 12 : undefined} striped>
      <Table.Thead>
        <Table.Tr>
          {columns.map((column) => (
            <Table.Th key={column} ta={figures.has(column) ? 'right' : undefined} style={{ verticalAlign: 'bottom' }}>
              {words.column(column)}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {result.rows.map((row) => (
          <Table.Tr key={JSON.stringify(row)}>
            {columns.map((column) => {
              const value = row[column];
              const isFigure = figures.has(column);
              const shown = !isFigure ? words.value(value, column) : isNone(value) ? '–' : whole(row, column, value);
              const isShort = isTight && isFigure && !isNone(value);
              return (
                <Table.Td
                  key={column}
                  ta={isFigure ? 'right' : undefined}
                  className="numbers"
                  title={isShort ? shown : undefined}
                  style={isFigure ? { whiteSpace: 'nowrap' } : { overflowWrap: 'anywhere' }}
                >
                  {isShort ? brief(Number(value)) : shown}
                </Table.Td>
              );
            })}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
