import { useEffect } from 'react';

/** What the tab and screen readers call the page. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Kontor` : 'Kontor';
  }, [title]);
}
