import { Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Building } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '~/api/me';
import { complain } from '~/ui/complain';
import { askInPerson, personQuery } from './own';
import { isInSandbox, signIn } from './tokens';

/** The other workspaces of the person: going there takes the session along and signs in anew. */
export default function Spaces() {
  const { t } = useTranslation();
  const me = useMe();
  const spaces = useQuery(personQuery).data?.spaces ?? [];
  const others = spaces.filter((space) => space.id !== me.space.id);
  if (others.length === 0 || isInSandbox() || me.impersonator) return null;
  const go = async (space_id: string) => {
    try {
      await askInPerson('POST', '/v1/me/space', { space_id });
      await signIn('/app');
    } catch (error) {
      complain(error);
    }
  };
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{t('shell.spaces')}</Menu.Label>
      {others.map((space) => (
        <Menu.Item key={space.id} leftSection={<Building size={15} />} onClick={() => void go(space.id)}>
          {space.name ?? space.kind}
        </Menu.Item>
      ))}
    </>
  );
}
