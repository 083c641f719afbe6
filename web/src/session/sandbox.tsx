import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useMe } from '~/api/me';
import { isInSandbox, workIn } from './tokens';

/** Says on every page that this is not the live workspace. */
export function SandboxBar() {
  const { t } = useTranslation();
  const me = useMe();
  const leave = useLeaveSandbox();
  if (me.space.kind !== 'sandbox') return null;
  return (
    <div className="sandbox-bar" role="status">
      {t('sandbox.here', { name: me.space.name ?? '' })}{' '}
      {isInSandbox() && (
        <button type="button" className="link" onClick={leave}>
          {t('sandbox.leave')}
        </button>
      )}
    </div>
  );
}

/** Goes back to the live workspace. The key of the sandbox is forgotten with it. */
export function useLeaveSandbox() {
  const client = useQueryClient();
  return () => {
    workIn(undefined);
    void client.resetQueries();
  };
}

/** Goes into a sandbox with a key that was made for this visit. */
export function useEnterSandbox() {
  const client = useQueryClient();
  return async (key: string) => {
    workIn(key);
    await client.resetQueries();
  };
}
