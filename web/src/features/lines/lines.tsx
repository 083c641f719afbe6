import { ActionIcon, Alert, Button, Group, Loader, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type ObjectDef, useCatalog } from '~/api/catalog';
import type { Row } from '~/api/record';
import { usePatch } from '~/api/records';
import { ReferenceInput } from '~/fields/reference';
import { RecordLink } from '~/fields/show';
import { Fault } from '~/ui/complain';
import { money, number } from '~/ui/format';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';
import { bodyOf, type Draft, draftsOf, emptyDraft, isWhole, toPercent } from './model';

/** Whether the lines may still change; the server says so, too. */
function isOpen(def: ObjectDef, row: Row): boolean {
  if (!may(def, 'update')) return false;
  if (def.name === 'order') return row.status === 'unpaid' && !row.confirmed_at;
  return def.name === 'deal' || row.status === 'draft';
}

/** The lines of a document. Every change is sent when typing pauses, and the totals are the server's. */
export default function Lines({ def, row }: { def: ObjectDef; row: Row }) {
  return isOpen(def, row) ? <Editor def={def} row={row} /> : <Shown def={def} row={row} />;
}

function Editor({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const catalog = useCatalog();
  const client = useQueryClient();
  const patch = usePatch(def);
  const [drafts, setDrafts] = useState<Draft[]>(() => draftsOf(row));
  const latest = useRef({ drafts, version: row.version });
  const counter = useRef(0);
  const isBusy = useRef(false);
  const isWaiting = useRef(false);

  const send = () => {
    if (isBusy.current) {
      isWaiting.current = true;
      return;
    }
    const sent = latest.current.drafts.filter(isWhole);
    isBusy.current = true;
    patch.mutate(
      { row, patch: { lines: sent.map(bodyOf) }, version: latest.current.version },
      {
        onSuccess: (answer) => {
          const fresh = draftsOf(answer.data);
          client.setQueryData(['record', def.name, row.id], (before: Row | undefined) => ({
            ...before,
            ...answer.data,
          }));
          latest.current.version = answer.data.version;
          // The answer has the lines in the order they were sent; what was typed meanwhile stays.
          setDrafts((now) =>
            now.map((draft) => {
              const at = sent.findIndex((one) => one.key === draft.key);
              const made = fresh[at];
              if (at < 0 || !made) return draft;
              const wasChanged = JSON.stringify(sent[at]) !== JSON.stringify(draft);
              return wasChanged ? { ...draft, id: made.id, total: made.total } : { ...made, key: draft.key };
            }),
          );
        },
        onSettled: () => {
          isBusy.current = false;
          if (isWaiting.current) {
            isWaiting.current = false;
            setTimeout(send, 0);
          }
        },
      },
    );
  };
  const later = useDebouncedCallback(send, { delay: 500, flushOnUnmount: true });
  useEffect(() => {
    latest.current.drafts = drafts;
  }, [drafts]);

  const change = (key: string, what: Partial<Draft>, isNow = false) => {
    setDrafts((before) => {
      const next = before.map((one) => (one.key === key ? { ...one, ...what } : one));
      latest.current.drafts = next;
      return next;
    });
    if (isNow) setTimeout(send, 0);
    else later();
  };
  const remove = (key: string) => {
    setDrafts((before) => {
      const next = before.filter((one) => one.key !== key);
      latest.current.drafts = next;
      return next;
    });
    setTimeout(send, 0);
  };
  const currency = typeof row.currency === 'string' ? row.currency : undefined;
  const hasTax = catalog.find('tax_rate')?.allows.includes('read') && def.name !== 'deal';
  return (
    <Stack gap="sm">
      <ScrollBox minWidth={640}>
        <Table verticalSpacing={6} horizontalSpacing={6} layout="fixed" aria-label={t('record.lines')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('lines.item')}</Table.Th>
              <Table.Th w={76}>{t('lines.quantity')}</Table.Th>
              <Table.Th w={104}>{t('lines.price')}</Table.Th>
              <Table.Th w={86}>{t('lines.discount')}</Table.Th>
              {hasTax && <Table.Th w={110}>{t('lines.tax')}</Table.Th>}
              <Table.Th w={104} ta="end">
                {t('lines.total')}
              </Table.Th>
              <Table.Th w={36}>
                <span className="sr-only">{t('remove')}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {drafts.map((draft, at) => {
              const of = (name: string) => t('lines.of', { name, at: at + 1 });
              return (
                <Table.Tr key={draft.key}>
                  <Table.Td>
                    <ReferenceInput
                      object="product"
                      aria-label={of(t('lines.product'))}
                      value={draft.product_id}
                      // Price, name and tax of another product are asked of the server.
                      onChange={(product_id) =>
                        change(draft.key, { product_id, unit_price: '', description: '', tax_rate_id: null }, true)
                      }
                    />
                    <TextInput
                      mt={4}
                      aria-label={of(t('lines.description'))}
                      placeholder={t('lines.description')}
                      value={draft.description}
                      onChange={(e) => change(draft.key, { description: e.currentTarget.value })}
                    />
                  </Table.Td>
                  <Table.Td>
                    <TextInput
                      inputMode="decimal"
                      aria-label={of(t('lines.quantity'))}
                      value={draft.quantity}
                      onChange={(e) => change(draft.key, { quantity: e.currentTarget.value })}
                    />
                  </Table.Td>
                  <Table.Td>
                    <TextInput
                      inputMode="decimal"
                      aria-label={of(t('lines.price'))}
                      value={draft.unit_price}
                      onChange={(e) => change(draft.key, { unit_price: e.currentTarget.value })}
                    />
                  </Table.Td>
                  <Table.Td>
                    <TextInput
                      inputMode="decimal"
                      rightSection="%"
                      aria-label={of(t('lines.discount'))}
                      value={draft.discount}
                      onChange={(e) => change(draft.key, { discount: e.currentTarget.value })}
                    />
                  </Table.Td>
                  {hasTax && (
                    <Table.Td>
                      <ReferenceInput
                        object="tax_rate"
                        aria-label={of(t('lines.tax'))}
                        value={draft.tax_rate_id}
                        onChange={(tax_rate_id) => change(draft.key, { tax_rate_id }, true)}
                      />
                    </Table.Td>
                  )}
                  <Table.Td ta="end" className="numbers">
                    {draft.total ? money(draft.total, currency) : ''}
                  </Table.Td>
                  <Table.Td>
                    <ActionIcon aria-label={of(t('remove'))} onClick={() => remove(draft.key)}>
                      <Trash2 size={15} />
                    </ActionIcon>
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      <Group justify="space-between" align="start">
        <Button
          size="xs"
          variant="light"
          leftSection={<Plus size={14} />}
          onClick={() => {
            counter.current += 1;
            setDrafts((before) => [...before, emptyDraft(`new-${counter.current}`)]);
          }}
        >
          {t('lines.add')}
        </Button>
        <Group align="start">
          {patch.isPending && <Loader size="xs" aria-label={t('loading')} />}
          <Totals def={def} row={row} />
        </Group>
      </Group>
      {patch.error && (
        <Alert color="red" role="alert" title={t('lines.refused')}>
          <Fault error={patch.error} />
        </Alert>
      )}
    </Stack>
  );
}

function Shown({ def, row }: { def: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const currency = typeof row.currency === 'string' ? row.currency : undefined;
  const lines = Array.isArray(row.lines) ? (row.lines as Row[]) : [];
  return (
    <Stack gap="sm">
      <ScrollBox minWidth={520}>
        <Table aria-label={t('record.lines')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('lines.product')}</Table.Th>
              <Table.Th ta="end">{t('lines.quantity')}</Table.Th>
              <Table.Th ta="end">{t('lines.price')}</Table.Th>
              <Table.Th ta="end">{t('lines.discount')}</Table.Th>
              <Table.Th ta="end">{t('lines.total')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map((line) => (
              <Table.Tr key={line.id}>
                <Table.Td>
                  {line.product_id ? (
                    <RecordLink
                      object="product"
                      id={String(line.product_id)}
                      title={line.description ? String(line.description) : undefined}
                    />
                  ) : (
                    String(line.description ?? '')
                  )}
                </Table.Td>
                <Table.Td ta="end" className="numbers">
                  {line.quantity ? number(String(line.quantity)) : ''}
                </Table.Td>
                <Table.Td ta="end" className="numbers">
                  {line.unit_price ? money(String(line.unit_price), currency) : ''}
                </Table.Td>
                <Table.Td ta="end" className="numbers">
                  {line.discount && line.discount !== '0' ? `${toPercent(String(line.discount))} %` : ''}
                </Table.Td>
                <Table.Td ta="end" className="numbers">
                  {line.total ? money(String(line.total), currency) : ''}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {lines.length === 0 && <Text c="dimmed">{t('lines.none')}</Text>}
      <Group justify="end">
        <Totals def={def} row={row} />
      </Group>
    </Stack>
  );
}

const SUMS = ['subtotal', 'tax_total', 'total', 'amount', 'amount_paid', 'amount_credited', 'amount_due'];

/** What the server says that the lines come to. */
function Totals({ def, row }: { def: ObjectDef; row: Row }) {
  const names = useNames();
  const currency = typeof row.currency === 'string' ? row.currency : undefined;
  const shown = SUMS.flatMap((path) => def.fields.find((field) => field.path === path) ?? []).filter(
    (field) => row[field.path],
  );
  return (
    <Table w="auto" withRowBorders={false} verticalSpacing={2} aria-live="polite">
      <Table.Tbody>
        {shown.map((field) => (
          <Table.Tr key={field.path} fw={field.path === 'total' || field.path === 'amount_due' ? 650 : undefined}>
            <Table.Td>{names.field(field)}</Table.Td>
            <Table.Td ta="end" className="numbers" data-sum={field.path}>
              {money(String(row[field.path]), currency)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
