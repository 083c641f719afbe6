import { Code, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import i18next from 'i18next';
import { Offline, Problem } from '~/api/problem';

/** What went wrong in the API's own words, with the request's id to name when asking for help. */
export function Fault({ error }: { error: unknown }) {
  if (error instanceof Problem) {
    return (
      <>
        <Text size="sm">{error.detail || error.title}</Text>
        {error.errors.slice(0, 5).map((fault) => (
          <Text size="sm" key={`${fault.field} ${fault.message}`}>
            {fault.field ? `${fault.field}: ` : ''}
            {fault.message}
          </Text>
        ))}
        <Text size="xs" mt={4}>
          {i18next.t('error.request')} <Code>{error.requestId}</Code>
        </Text>
      </>
    );
  }
  return <Text size="sm">{messageOf(error)}</Text>;
}

export function messageOf(error: unknown): string {
  if (error instanceof Offline) return i18next.t('error.offline');
  return error instanceof Error ? error.message : String(error);
}

/** Shows a fault beside the page. */
export function complain(error: unknown): void {
  const title = error instanceof Problem ? error.title : i18next.t('error.title');
  const id = error instanceof Offline ? 'offline' : undefined;
  notifications.show({
    id,
    color: 'red',
    title,
    message: <Fault error={error} />,
    autoClose: 12_000,
    withBorder: true,
  });
}

export function say(message: string, undo?: { label: string; run: () => void }): void {
  const id = `said-${Math.random()}`;
  const body = undo ? (
    <>
      {message}{' '}
      <button
        type="button"
        className="link"
        onClick={() => {
          notifications.hide(id);
          undo.run();
        }}
      >
        {undo.label}
      </button>
    </>
  ) : (
    message
  );
  notifications.show({ id, message: body, autoClose: undo ? 10_000 : 4_000, withBorder: true });
}
