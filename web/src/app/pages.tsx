import { Alert, Button, Center, Loader, Stack, Text, Title } from '@mantine/core';
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Problem } from '~/api/problem';
import { Fault } from '~/ui/complain';

export function LoadingPage() {
  const { t } = useTranslation();
  return (
    <Center mih={240}>
      <Loader aria-label={t('loading')} />
    </Center>
  );
}

/** What could not be shown, and why. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  if (error instanceof Problem && error.status === 404) return <NotFoundPage />;
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Center p="md">
      <Alert color="red" title={error instanceof Problem ? error.title : t('error.title')} maw={640} w="100%">
        <Fault error={error} />
        <Button mt="sm" size="xs" variant="default" onClick={again}>
          {t('error.again')}
        </Button>
      </Alert>
    </Center>
  );
}

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Center mih={240} p="md">
      <Stack align="center" gap={4}>
        <Title order={1} size="h3">
          {t('error.missing')}
        </Title>
        <Text c="dimmed">{t('error.missing_why')}</Text>
      </Stack>
    </Center>
  );
}
