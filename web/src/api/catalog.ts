import { queryOptions } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { ask } from './client';

export type Verb = 'read' | 'create' | 'update' | 'delete';

/** A field as `/v1/metadata/objects` tells it. */
export interface FieldDef {
  name: string;
  /** As filters, sorts and bodies call it: `company_id`, `custom.score`. */
  path: string;
  type: string;
  label: string;
  description?: string;
  required: boolean;
  unique: boolean;
  indexed: boolean;
  searched: boolean;
  read_only: boolean;
  custom: boolean;
  retired: boolean;
  operators: string[];
  /** The object that a reference points to. */
  object?: string;
  values?: string[];
  max?: number;
  min?: number;
  scale?: number;
  default?: unknown;
}

export interface ActionDef {
  name: string;
  description: string;
  input: FieldDef[];
  answer: { object?: string; new?: boolean; objects?: Record<string, string> };
}

export interface ViewDef {
  name: string;
  description: string;
  input: FieldDef[];
  media: string[] | null;
}

export interface ObjectDef {
  name: string;
  plural: string;
  label: string;
  description: string;
  service: string;
  custom: boolean;
  owned: boolean;
  name_field: string;
  read_only: boolean;
  lines: string | null;
  /** What the caller may do with its records; nothing where they have no routes. */
  allows: Verb[];
  actions: ActionDef[];
  views: ViewDef[];
  fields: FieldDef[];
}

/** The objects of the space by name and by plural. */
export class Catalog {
  private readonly byName = new Map<string, ObjectDef>();
  private readonly byPlural = new Map<string, ObjectDef>();

  constructor(readonly objects: ObjectDef[]) {
    for (const def of objects) {
      this.byName.set(def.name, def);
      this.byPlural.set(def.plural, def);
    }
  }

  find(name: string | undefined): ObjectDef | undefined {
    return name === undefined ? undefined : this.byName.get(name);
  }

  collection(plural: string): ObjectDef | undefined {
    return this.byPlural.get(plural);
  }

  /** Objects that the caller reads. */
  get readable(): ObjectDef[] {
    return this.objects.filter((def) => def.allows.includes('read'));
  }

  /** Fields of other objects that refer to this one, with what they belong to. */
  referring(name: string): { def: ObjectDef; field: FieldDef }[] {
    const own = new Set(['created_by', 'updated_by']);
    return this.readable.flatMap((def) =>
      fields(def)
        .filter((field) => field.type === 'reference' && field.object === name && !own.has(field.name))
        .map((field) => ({ def, field })),
    );
  }
}

/** Fields that are in use. */
export function fields(def: ObjectDef): FieldDef[] {
  return def.fields.filter((field) => !field.retired);
}

export function field(def: ObjectDef, path: string): FieldDef | undefined {
  return def.fields.find((one) => !one.retired && one.path === path);
}

export function may(def: ObjectDef | undefined, verb: Verb): boolean {
  return def?.allows.includes(verb) ?? false;
}

/** Fields that every record has and that nobody fills in. */
export const SYSTEM = new Set(['id', 'version', 'created_at', 'updated_at', 'created_by', 'updated_by']);

export const catalogQuery = queryOptions({
  queryKey: ['catalog'],
  queryFn: async () => new Catalog(await ask<ObjectDef[]>('GET', '/v1/metadata/objects')),
  staleTime: 60_000,
  structuralSharing: false,
});

/** What stands around every page has the catalog and hands it on: a list has a thousand cells that look into it. */
export const CatalogContext = createContext<Catalog>(new Catalog([]));

export function useCatalog(): Catalog {
  return useContext(CatalogContext);
}
