import { raw } from '~/api/client';
import type { Job } from '~/api/jobs';

export interface Options {
  object: string;
  format?: string;
  key?: string;
  mapping?: { fields: Record<string, string> };
  dry_run: boolean;
  allow_duplicates: boolean;
}

/** One row's result, as the job's result tells it. */
export interface RowResult {
  row: number;
  line: number;
  status: string;
  id?: string;
  action?: string;
  reason?: string;
  text?: string;
}

/** Sends the file; the server reads it as it comes. Options go before it. */
export async function begin(file: File, options: Options): Promise<Job> {
  const form = new FormData();
  form.append('options', new Blob([JSON.stringify(options)], { type: 'application/json' }));
  form.append('file', file);
  const response = await raw('POST', '/v1/imports', { form });
  return ((await response.json()) as { data: Job }).data;
}

/** The results of a job, line by line. */
export async function results(job: Job, only?: 'refused'): Promise<RowResult[]> {
  const response = await raw('GET', `/v1/jobs/${job.id}/result${only ? `?status=${only}` : ''}`, {
    headers: { accept: '*/*' },
  });
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RowResult);
}

/** Ids of the records that the import made. */
export async function madeBy(job: Job): Promise<string[]> {
  const all = await results(job);
  return all.flatMap((one) => ((one.action ?? one.status) === 'created' && one.id ? [one.id] : []));
}

export const FORMATS: Record<string, string> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  xlsx: 'xlsx',
  vcf: 'vcard',
};

export function formatOf(name: string): string | undefined {
  return FORMATS[name.split('.').pop()?.toLowerCase() ?? ''];
}
