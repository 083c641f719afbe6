import type { Root } from 'react-dom/client';
import { catalogQuery } from '~/api/catalog';
import { meQuery } from '~/api/me';
import { endWithPage, finishSignIn, isSignedIn, signIn, WrongAddress } from '~/session/tokens';
import { App, client } from './app';
import { startLanguage } from './language';
import { SignedOut, Trouble } from './outside';

const BACK = '/app/signed-in';
const OUT = '/app/signed-out';

/** From an address to a page: signs in first where that is needed. */
export async function start(root: Root): Promise<void> {
  await startLanguage();
  try {
    if (location.pathname === OUT) {
      root.render(<SignedOut />);
      return;
    }
    if (location.pathname === BACK) history.replaceState(null, '', await finishSignIn());
    else if (!isSignedIn()) await signIn(location.pathname + location.search + location.hash);
  } catch (error) {
    root.render(<Trouble error={error} issuer={error instanceof WrongAddress ? error.issuer : undefined} />);
    return;
  }
  endWithPage();
  // Asked together while the page's own code arrives.
  void client.prefetchQuery(meQuery);
  void client.prefetchQuery(catalogQuery);
  root.render(<App />);
}
