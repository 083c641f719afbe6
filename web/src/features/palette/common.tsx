import { useMantineColorScheme } from '@mantine/core';
import { Languages, LogOut, Moon, Rows3, Sun } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { speak } from '~/app/language';
import { prefer, usePreferences } from '~/app/preferences';
import { signOut } from '~/session/tokens';

/** What can be done on every page: how the pages look and speak, and leaving. */
export function useCommon() {
  const { t } = useTranslation();
  const { language, density } = usePreferences();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark = colorScheme === 'dark';
  const other = language === 'de' ? 'en' : 'de';
  const denser = density === 'compact' ? 'comfortable' : 'compact';
  return [
    {
      id: 'theme',
      label: isDark ? t('shell.light') : t('shell.dark'),
      icon: isDark ? <Sun size={17} /> : <Moon size={17} />,
      run: () => setColorScheme(isDark ? 'light' : 'dark'),
    },
    {
      id: 'density',
      label: `${t('profile.density')}: ${t(`profile.${denser}`)}`,
      icon: <Rows3 size={17} />,
      run: () => prefer({ density: denser }),
    },
    {
      id: 'language',
      label: `${t('profile.language')}: ${other === 'de' ? 'Deutsch' : 'English'}`,
      icon: <Languages size={17} />,
      run: () => void speak(other),
    },
    { id: 'out', label: t('shell.sign_out'), icon: <LogOut size={17} />, run: () => void signOut() },
  ];
}
