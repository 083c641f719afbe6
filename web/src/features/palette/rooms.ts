import type { TFunction } from 'i18next';
import { SECTIONS } from '~/features/admin/sections';
import { TABS } from '~/features/developers/tabs';

/** A page within the administration or the developers' pages. */
export interface Room {
  to: '/admin' | '/developers';
  at: string;
  label: string;
}

/** The pages within pages that somebody may open by their name. */
export function rooms(t: TFunction, isManager: boolean): Room[] {
  const admin = isManager ? SECTIONS : [];
  const developers = TABS.filter((tab) => isManager || !tab.isManaged);
  return [
    ...admin.map((at): Room => ({ to: '/admin', at, label: t(`admin.${at}`) })),
    ...developers.map(({ name }): Room => ({ to: '/developers', at: name, label: t(`dev.${name}`) })),
  ];
}
