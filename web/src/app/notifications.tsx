import { Notifications } from '@mantine/notifications';

/** Where faults and news are said, beside the page. */
export default function Said() {
  return <Notifications position="bottom-right" limit={4} />;
}
