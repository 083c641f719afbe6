import { Drawer } from '@mantine/core';
import { Nav } from './nav';

/** The menu where the page is too narrow to have it beside it. */
export default function MenuDrawer({ onClose }: { onClose: () => void }) {
  return (
    <Drawer opened onClose={onClose} size={260} title="Kontor" padding="xs">
      <Nav />
    </Drawer>
  );
}
