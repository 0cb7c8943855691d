// Where the keyboard is after a page took another's place: what had the focus may be gone with it.
import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';

/** Gives the focus to the page's content whenever a change of the address leaves it nowhere. */
export function useFocusKept(content: string) {
  const router = useRouter();
  useEffect(() => {
    const rescue = () => {
      const { activeElement } = document;
      if (activeElement && activeElement !== document.body) return;
      document.getElementById(content)?.focus({ preventScroll: true });
    };
    // A page that waits for what it shows has not dropped the old one yet.
    return router.subscribe('onRendered', ({ fromLocation }) => {
      // Whoever has just opened the portal begins at its top, where the content can be skipped to.
      if (fromLocation) requestAnimationFrame(rescue);
    });
  }, [router, content]);
}
