import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { listen } from '~/api/live';
import { afterMessage, type DashboardData, dashboardQuery } from './data';

/** Where there is no stream, a dashboard is asked anew so often. */
const ASKED_MS = 60_000;

/** What a dashboard shows: its stream sends every tile, and each again that has become another. */
export function useDashboardData(id: string): DashboardData | undefined {
  const client = useQueryClient();
  const [isRefused, setRefused] = useState(false);
  const query = dashboardQuery(id);
  const { data } = useQuery({
    ...query,
    enabled: isRefused,
    staleTime: isRefused ? 0 : Number.POSITIVE_INFINITY,
    refetchInterval: ASKED_MS,
  });
  useEffect(() => {
    setRefused(false);
    const { queryKey } = dashboardQuery(id);
    return listen(
      `/v1/dashboards/${id}/stream`,
      (message) => client.setQueryData<DashboardData>(queryKey, (before) => afterMessage(before, message)),
      () => setRefused(true),
    );
  }, [id, client]);
  return data;
}
