import { Anchor, Badge, Button, Card, Group, PasswordInput, Stack, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '~/api/problem';
import { askInPerson, personQuery } from '~/session/own';
import { Fault, say } from '~/ui/complain';
import { Authenticator } from './authenticator';

/** How one proves who one is: password, authenticator app, passkeys. */
export function SigningIn() {
  const { t } = useTranslation();
  const factor = useQuery(personQuery).data?.second_factor;
  const isOn = factor && (factor.totp || factor.passkeys > 0);
  return (
    <Card withBorder component="section" aria-label={t('profile.signing_in')}>
      <Title order={2} size="h5" mb="sm">
        {t('profile.signing_in')}
      </Title>
      <Stack gap="sm">
        <Group gap="xs">
          {factor && (
            <Badge variant="light" color={isOn ? 'green' : 'gray'}>
              {isOn ? t('profile.second_on') : t('profile.second_off')}
            </Badge>
          )}
          <Anchor size="sm" href="/sign-in/passkeys">
            {t('profile.passkeys')}
          </Anchor>
        </Group>
        {factor && <Authenticator isOn={factor.totp} codesLeft={factor.recovery_codes_left} />}
        <Password />
      </Stack>
    </Card>
  );
}

function Password() {
  const { t } = useTranslation();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    meta: { handled: true },
    mutationFn: () => askInPerson('POST', '/v1/me/password', { current_password: current, new_password: next }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      say(t('profile.password_changed'));
    },
  });
  const faults = change.error instanceof Problem ? change.error.byField() : {};
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <Group align="start">
        <PasswordInput
          w={260}
          label={t('profile.current')}
          autoComplete="current-password"
          value={current}
          error={faults.current_password}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          w={260}
          label={t('profile.new')}
          autoComplete="new-password"
          value={next}
          error={faults.new_password}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Button type="submit" mt={24} variant="default" loading={change.isPending} disabled={!current || !next}>
          {t('profile.change')}
        </Button>
      </Group>
      {change.error && Object.keys(faults).length === 0 && (
        <div role="alert">
          <Fault error={change.error} />
        </div>
      )}
    </form>
  );
}
