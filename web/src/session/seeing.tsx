import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '~/api/client';
import { useMe } from '~/api/me';
import { onOtherEnd, seeAs, seeAsOneself } from './tokens';

/** Says on every page that it is shown as somebody else sees it, and ends that. */
export function SeeingBar() {
  const { t } = useTranslation();
  const me = useMe();
  const back = useBack();
  useEffect(() => onOtherEnd(back), [back]);
  if (!me.impersonator) return null;
  return (
    <div className="seeing-bar" role="status">
      {t('seeing.here', { name: me.user?.name ?? '' })}{' '}
      <button
        type="button"
        className="link"
        onClick={() => {
          seeAsOneself();
          back();
        }}
      >
        {t('seeing.leave')}
      </button>
    </div>
  );
}

function useBack() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useCallback(() => {
    void client.resetQueries().then(() => navigate({ to: '/admin/$section', params: { section: 'users' } }));
  }, [client, navigate]);
}

/** Shows all pages as somebody else sees them, from their first on. */
export function useSeeAs() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (user: string, reason: string) => {
    const body = reason.trim() ? { reason: reason.trim() } : {};
    const path = `/v1/users/${user}/impersonate`;
    const answer = await ask<{ access_token: string; expires_in: number }>('POST', path, body);
    seeAs(answer.access_token, answer.expires_in);
    await navigate({ to: '/' });
    await client.resetQueries();
  };
}
