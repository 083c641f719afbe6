import { Badge } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Row } from '~/api/record';
import { moment } from '~/ui/format';
import { type Clock, clocksOf, left } from './sla';

/** What was promised, and how long is left of it; counts down while it is looked at. */
export function Clocks({ row }: { row: Row }) {
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 15_000, { autoInvoke: true });
  return clocksOf(row).map((clock) => <OneClock key={clock.name} clock={clock} now={now} />);
}

function OneClock({ clock, now }: { clock: Clock; now: number }) {
  const { t } = useTranslation();
  const name = t(clock.name === 'resolution' ? 'ticket.resolution_clock' : `ticket.${clock.name}`);
  if (clock.pausedSeconds !== undefined) {
    return (
      <Badge variant="light" color="gray" tt="none">
        {name}: {t('ticket.paused', { left: left(clock.pausedSeconds) })}
      </Badge>
    );
  }
  const seconds = (new Date(clock.dueAt ?? 0).getTime() - now) / 1000;
  const color = seconds < 0 ? 'red' : seconds < 3600 ? 'orange' : 'blue';
  return (
    <Badge variant="light" color={color} tt="none" title={clock.dueAt ? moment(clock.dueAt) : undefined}>
      {name}: {seconds < 0 ? t('ticket.late', { left: left(-seconds) }) : left(seconds)}
    </Badge>
  );
}
