import { Alert, Anchor, Button, Code, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { askInPerson, personQuery } from '~/session/own';
import { Fault } from '~/ui/complain';
import { CopyText } from '~/ui/copy-text';

interface Setup {
  secret: string;
  uri: string;
}

interface Codes {
  recovery_codes: string[];
}

type What = 'set_up' | 'new_codes' | 'remove';

/** The authenticator app (TOTP, RFC 6238): setting it up, its recovery codes, giving it up. Each asks for the password. */
export function Authenticator({ isOn, codesLeft }: { isOn: boolean; codesLeft: number }) {
  const { t } = useTranslation();
  const [what, setWhat] = useState<What | null>(null);
  return (
    <Group gap="xs">
      <Text size="sm">{isOn ? t('totp.on', { count: codesLeft }) : t('totp.off')}</Text>
      {(isOn ? (['new_codes', 'remove'] as const) : (['set_up'] as const)).map((one) => (
        <Button key={one} size="compact-sm" variant="default" onClick={() => setWhat(one)}>
          {t(`totp.${one}`)}
        </Button>
      ))}
      {what && <Steps what={what} onClose={() => setWhat(null)} />}
    </Group>
  );
}

function Steps({ what, onClose }: { what: What; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [setup, setSetup] = useState<Setup | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const again = () => void client.invalidateQueries({ queryKey: personQuery.queryKey });
  const next = useMutation({
    meta: { handled: true },
    mutationFn: async () => {
      if (setup) {
        const answer = await askInPerson<Codes>('POST', '/v1/me/totp/confirm', { code: code.trim() });
        setCodes(answer.recovery_codes);
      } else if (what === 'set_up') setSetup(await askInPerson<Setup>('POST', '/v1/me/totp', { password }));
      else if (what === 'new_codes') {
        const answer = await askInPerson<Codes>('POST', '/v1/me/totp/recovery_codes', { password });
        setCodes(answer.recovery_codes);
      } else {
        await askInPerson('DELETE', '/v1/me/totp', { password });
        onClose();
      }
      again();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    next.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={t(`totp.${what}`)} closeOnClickOutside={false}>
      {codes ? (
        <Stack>
          <Alert color="green" title={t('totp.codes')}>
            {t('totp.codes_why')}
          </Alert>
          <Code block data-secret>
            {codes.join('\n')}
          </Code>
          <Group justify="space-between">
            <CopyText value={codes.join('\n')} />
            <Button onClick={onClose}>{t('close')}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            {setup ? (
              <>
                <Text size="sm">{t('totp.add')}</Text>
                <Group gap="xs">
                  <Code data-secret style={{ overflowWrap: 'anywhere' }}>
                    {setup.secret}
                  </Code>
                  <CopyText value={setup.secret} />
                </Group>
                <Anchor size="sm" href={setup.uri}>
                  {t('totp.open')}
                </Anchor>
                <TextInput
                  label={t('totp.code')}
                  inputMode="numeric"
                  autoComplete="one-time-code"
                  data-autofocus
                  value={code}
                  onChange={(event) => setCode(event.currentTarget.value)}
                />
              </>
            ) : (
              <PasswordInput
                label={t('profile.current')}
                autoComplete="current-password"
                data-autofocus
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
            )}
            {next.error && (
              <div role="alert">
                <Fault error={next.error} />
              </div>
            )}
            <Group justify="end">
              <Button type="submit" loading={next.isPending} disabled={setup ? !code.trim() : !password}>
                {what === 'remove' ? t('totp.remove') : t('totp.next')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
