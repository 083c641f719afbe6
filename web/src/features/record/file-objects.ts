import type { Catalog, ObjectDef } from '~/api/catalog';

/** Objects whose records are files of another's: they have bytes to be fetched. */
export function fileObjects(catalog: Catalog, def: ObjectDef) {
  return catalog.referring(def.name).filter((one) => one.def.views.some((view) => view.name === 'content'));
}
