import { queryOptions } from '@tanstack/react-query';
import { ask } from './client';

/** An import, an export or another long work of the server. */
export interface Job {
  id: string;
  kind: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  progress?: { done: number; total: number | null; failed: number };
  created_at?: string;
  finished_at?: string | null;
  error?: string | null;
  detected?: { columns?: string[]; ignored?: string[]; format?: string } | null;
  report?: Record<string, unknown> | null;
  result_url?: string | null;
}

const OVER = new Set(['succeeded', 'failed', 'cancelled']);

export function isOver(job: Job | undefined): boolean {
  return job !== undefined && OVER.has(job.state);
}

/** A job as it goes on, asked every half second until it is over. */
export function jobQuery(id: string | null) {
  return queryOptions({
    queryKey: ['job', id],
    queryFn: () => ask<Job>('GET', `/v1/jobs/${id}`),
    enabled: id !== null,
    refetchInterval: (query) => (isOver(query.state.data) ? false : 600),
    staleTime: 0,
  });
}
