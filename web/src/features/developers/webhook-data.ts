import type { Row } from '~/api/record';

export interface Endpoint extends Row {
  url: string;
  description: string | null;
  event_types: string[] | null;
  fields: string[] | null;
  filter: unknown;
  api_version: string;
  ordered: boolean;
  enabled: boolean;
  disabled_reason: string | null;
  secret?: string;
}

export interface Delivery {
  id: string;
  webhook_endpoint_id: string;
  event_id: string;
  event_type: string;
  subject: string;
  sequence: string | null;
  state: 'pending' | 'delivered' | 'failed' | 'dropped';
  attempts: number;
  created_at: string;
  next_attempt_at: string | null;
  response_status: number | null;
  duration_ms: number | null;
  error: string | null;
  request?: unknown;
  attempt_log?: Attempt[];
}

export interface Attempt {
  id: string;
  at: string;
  url: string;
  duration_ms: number;
  error: string | null;
  response: { status?: number; headers?: unknown; body?: unknown } | null;
}

export const ENDPOINTS = ['list', 'webhook_endpoint', 'all'];
export const DELIVERIES = ['webhook-deliveries'];
