import { Button, Center, MantineProvider, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { messageOf } from '~/ui/complain';
import { theme, variables } from './theme';

/** The page behind signing out. */
export function SignedOut() {
  const { t } = useTranslation();
  return (
    <Plain title={t('session.out')}>
      <Button component="a" href="/app">
        {t('session.in_again')}
      </Button>
    </Plain>
  );
}

/** Signing in did not work; what to do about it. */
export function Trouble({ error, issuer }: { error: unknown; issuer?: string }) {
  const { t } = useTranslation();
  if (issuer) {
    return (
      <Plain title={t('session.elsewhere')}>
        <Text>{t('session.elsewhere_why', { issuer, here: location.origin })}</Text>
        <Button component="a" href={`${issuer}${location.pathname}`}>
          {t('session.go_there')}
        </Button>
      </Plain>
    );
  }
  return (
    <Plain title={t('session.trouble')}>
      <Text>{messageOf(error)}</Text>
      <Button component="a" href="/app">
        {t('session.try_again')}
      </Button>
    </Plain>
  );
}

function Plain({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <Center mih="80vh" p="md" component="main">
        <Stack align="center" maw={520} ta="center">
          <Title order={1} size="h2">
            {title}
          </Title>
          {children}
        </Stack>
      </Center>
    </MantineProvider>
  );
}
