/** One fault of a request, at the field that it names. */
export interface Fault {
  field?: string;
  code?: string;
  error_code?: number;
  message: string;
  value?: unknown;
  allowed?: string[];
}

/** What the API said: application/problem+json (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: Fault[],
    readonly requestId: string,
    readonly body: Record<string, unknown>,
  ) {
    super(detail || title);
  }

  /** Whether the record has moved on since it was read. */
  get isMoved(): boolean {
    return this.status === 412;
  }

  /** Ids of records that are likely the same. */
  get existingIds(): string[] {
    const ids = this.body.existing_ids;
    return Array.isArray(ids) ? ids.map(String) : [];
  }

  /** The fault of each field, by its path. */
  byField(): Record<string, string> {
    const named = this.errors.filter((fault) => fault.field !== undefined);
    return Object.fromEntries(named.map((fault) => [fault.field ?? '', fault.message]));
  }
}

/** The network is away, or the server does not answer. */
export class Offline extends Error {}

/** Reads the body of a refusal; one that is no problem document becomes one. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const meta = (body.meta ?? {}) as Record<string, unknown>;
  return new Problem(
    response.status,
    Number(body.error_code ?? response.status * 1000),
    String(body.title ?? response.statusText),
    String(body.detail ?? ''),
    (body.errors as Fault[] | undefined) ?? [],
    String(meta.request_id ?? response.headers.get('x-request-id') ?? ''),
    body,
  );
}
