import {
  ActionIcon,
  Badge,
  Button,
  Card,
  Group,
  NumberInput,
  Select,
  Stack,
  Table,
  TextInput,
  Title,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import type { Row } from '~/api/record';
import { pipelinesQuery, type Stage, stagesQuery } from '~/features/board/data';
import { toneOf } from '~/fields/show';
import { useNames } from '~/ui/names';
import { ScrollBox } from '~/ui/scroll-box';

/** Pipelines and the order of their stages. */
export default function Pipelines() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const pipelines = useQuery(pipelinesQuery).data ?? [];
  const [name, setName] = useState('');
  const make = useMutation({
    mutationFn: () => ask<Row>('POST', '/v1/pipelines', { name, position: pipelines.length + 1 }),
    onSuccess: () => {
      setName('');
      void client.invalidateQueries({ queryKey: ['related', 'pipeline'] });
    },
  });
  return (
    <Stack maw={900}>
      {pipelines.map((pipeline) => (
        <Stages key={pipeline.id} pipeline={pipeline} />
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Group gap="xs">
          <TextInput
            required
            aria-label={t('admin.pipeline_name')}
            placeholder={t('admin.pipeline_name')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={make.isPending}>
            {t('admin.new_pipeline')}
          </Button>
        </Group>
      </form>
    </Stack>
  );
}

function Stages({ pipeline }: { pipeline: Row }) {
  const { t } = useTranslation();
  const names = useNames();
  const client = useQueryClient();
  const stages = useQuery(stagesQuery(pipeline.id)).data ?? [];
  const refresh = () => void client.invalidateQueries({ queryKey: ['related', 'stage'] });
  const [name, setName] = useState('');
  const [kind, setKind] = useState<string>('open');
  const change = useMutation({
    mutationFn: ({ id, patch }: { id: string; patch: object }) => ask('PATCH', `/v1/stages/${id}`, patch),
    onSettled: refresh,
  });
  const remove = useMutation({ mutationFn: (id: string) => ask('DELETE', `/v1/stages/${id}`), onSettled: refresh });
  const make = useMutation({
    mutationFn: () => ask('POST', '/v1/stages', { pipeline_id: pipeline.id, name, kind, position: stages.length + 1 }),
    onSuccess: () => {
      setName('');
      refresh();
    },
  });
  // Both change places in one transaction, so that no two have the same.
  const swap = useMutation({
    mutationFn: ([a, b]: [Stage, Stage]) =>
      ask('POST', '/v1/composite', {
        operations: [
          { op: 'update', object: 'stage', id: a.id, data: { position: b.position } },
          { op: 'update', object: 'stage', id: b.id, data: { position: a.position } },
        ],
      }),
    onSettled: refresh,
  });
  const number = (value: string | number) => (value === '' ? null : Number(value));
  return (
    <Card withBorder>
      <Title order={2} size="h5" mb="xs">
        {String(pipeline.name)}
      </Title>
      <ScrollBox minWidth={640}>
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('admin.stage')}</Table.Th>
              <Table.Th>{t('admin.kind')}</Table.Th>
              <Table.Th>{t('admin.probability')}</Table.Th>
              <Table.Th>{t('admin.rotting')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {stages.map((stage, at) => {
              const [before, after] = [stages[at - 1], stages[at + 1]];
              return (
                <Table.Tr key={stage.id}>
                  <Table.Td>
                    <TextInput
                      size="xs"
                      aria-label={t('admin.stage')}
                      defaultValue={stage.name}
                      onBlur={(event) =>
                        event.currentTarget.value !== stage.name &&
                        change.mutate({ id: stage.id, patch: { name: event.currentTarget.value } })
                      }
                    />
                  </Table.Td>
                  <Table.Td>
                    <Badge variant="light" color={toneOf(stage.kind)}>
                      {names.value(stage.kind)}
                    </Badge>
                  </Table.Td>
                  <Table.Td>
                    <NumberInput
                      size="xs"
                      w={90}
                      min={0}
                      max={100}
                      aria-label={t('admin.probability')}
                      defaultValue={Number(stage.probability ?? 0)}
                      onBlur={(event) => {
                        const probability = number(event.currentTarget.value);
                        if (probability !== Number(stage.probability ?? 0))
                          change.mutate({ id: stage.id, patch: { probability } });
                      }}
                    />
                  </Table.Td>
                  <Table.Td>
                    <NumberInput
                      size="xs"
                      w={90}
                      min={0}
                      aria-label={t('admin.rotting')}
                      defaultValue={stage.rotting_days ?? ''}
                      onBlur={(event) => {
                        const rotting_days = number(event.currentTarget.value);
                        if (rotting_days !== stage.rotting_days)
                          change.mutate({ id: stage.id, patch: { rotting_days } });
                      }}
                    />
                  </Table.Td>
                  <Table.Td>
                    <Group gap={0} wrap="nowrap">
                      <ActionIcon
                        size="sm"
                        disabled={!before}
                        onClick={() => before && swap.mutate([before, stage])}
                        aria-label={t('list.earlier', { name: stage.name })}
                      >
                        <ArrowUp size={14} />
                      </ActionIcon>
                      <ActionIcon
                        size="sm"
                        disabled={!after}
                        onClick={() => after && swap.mutate([stage, after])}
                        aria-label={t('list.later', { name: stage.name })}
                      >
                        <ArrowDown size={14} />
                      </ActionIcon>
                      <ActionIcon
                        size="sm"
                        onClick={() => remove.mutate(stage.id)}
                        aria-label={`${t('delete')}: ${stage.name}`}
                      >
                        <Trash2 size={14} />
                      </ActionIcon>
                    </Group>
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Group gap="xs" mt="sm">
          <TextInput
            size="xs"
            required
            aria-label={t('admin.stage')}
            placeholder={t('admin.stage')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            size="xs"
            w={120}
            aria-label={t('admin.kind')}
            allowDeselect={false}
            data={['open', 'won', 'lost'].map((one) => ({ value: one, label: names.value(one) }))}
            value={kind}
            onChange={(next) => next && setKind(next)}
          />
          <Button size="xs" type="submit" variant="light" loading={make.isPending}>
            {t('admin.new_stage')}
          </Button>
        </Group>
      </form>
    </Card>
  );
}
