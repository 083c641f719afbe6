import * as oauth from 'oauth4webapi';

/**
 * Signing in: authorization code with PKCE (RFC 6749, 4.1; RFC 7636) against the installation's own server. Tokens live
 * in this module's memory and nowhere else; a reload asks for new ones with the session cookie of the sign-in page.
 */
const CLIENT: oauth.Client = { client_id: 'kontor-web' };
const SCOPE = 'openid profile email crm:read crm:write metadata:write admin';
const PENDING = 'kontor.sign-in';
/** Seconds before its end that a token is replaced. */
const EARLY = 60;

interface Tokens {
  access: string;
  refresh?: string;
  id?: string;
  /** Unix milliseconds. */
  until: number;
}

let tokens: Tokens | undefined;
let server: oauth.AuthorizationServer | undefined;
let renewing: Promise<string | undefined> | undefined;
/** A key of a sandbox that is worked in instead of the live space. */
let sandboxKey: string | undefined;
/** A token that shows what somebody else sees. */
let otherToken: string | undefined;
let otherEnds: ReturnType<typeof setTimeout> | undefined;
let tellOtherEnd: () => void = () => {};

const insecure = () => ({ [oauth.allowInsecureRequests]: location.protocol === 'http:' });

/** Another address than the one that the installation knows itself by. */
export class WrongAddress extends Error {
  constructor(readonly issuer: string) {
    super(issuer);
  }
}

async function discovered(): Promise<oauth.AuthorizationServer> {
  if (server) return server;
  const response = await fetch('/.well-known/oauth-authorization-server');
  const metadata = (await response.json()) as oauth.AuthorizationServer;
  if (new URL(metadata.issuer).origin !== location.origin && !import.meta.env.DEV)
    throw new WrongAddress(metadata.issuer);
  server = metadata;
  return metadata;
}

const callback = () => `${location.origin}/app/signed-in`;

/** Leaves the page for the sign-in page; whoever is signed in comes straight back. */
export async function signIn(back: string): Promise<never> {
  const known = await discovered();
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  // Good for one code and worth nothing afterwards: the one thing that is kept over the redirect.
  sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state, nonce, back }));
  const url = new URL(known.authorization_endpoint ?? '/oauth/authorize', location.origin);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT.client_id,
    redirect_uri: callback(),
    scope: SCOPE,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  location.replace(url);
  return new Promise<never>(() => {});
}

/** Takes the code out of the address; where the person wanted to go. */
export async function finishSignIn(): Promise<string> {
  const text = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  if (!text) return '/app';
  const pending = JSON.parse(text) as { verifier: string; state: string; nonce: string; back: string };
  const known = await discovered();
  const params = oauth.validateAuthResponse(known, CLIENT, new URL(location.href), pending.state);
  const response = await oauth.authorizationCodeGrantRequest(
    known,
    CLIENT,
    oauth.None(),
    params,
    callback(),
    pending.verifier,
    insecure(),
  );
  keep(await oauth.processAuthorizationCodeResponse(known, CLIENT, response, { expectedNonce: pending.nonce }));
  return pending.back;
}

function keep(answer: oauth.TokenEndpointResponse): void {
  tokens = {
    access: answer.access_token,
    refresh: answer.refresh_token ?? tokens?.refresh,
    id: answer.id_token ?? tokens?.id,
    until: Date.now() + (answer.expires_in ?? 3600) * 1000,
  };
}

async function renew(): Promise<string | undefined> {
  const refresh = tokens?.refresh;
  if (!refresh) return undefined;
  const known = await discovered();
  const response = await oauth.refreshTokenGrantRequest(known, CLIENT, oauth.None(), refresh, insecure());
  try {
    keep(await oauth.processRefreshTokenResponse(known, CLIENT, response));
  } catch {
    tokens = undefined;
  }
  return tokens?.access;
}

/** The credential of the next request; `fresh` when the last one was refused. */
export async function credential(fresh = false): Promise<string | undefined> {
  if (otherToken) return otherToken;
  if (sandboxKey) return sandboxKey;
  if (!tokens) return undefined;
  if (!fresh && Date.now() < tokens.until - EARLY * 1000) return tokens.access;
  renewing ??= renew().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

export function isSignedIn(): boolean {
  return tokens !== undefined;
}

export function workIn(key: string | undefined): void {
  sandboxKey = key;
}

/** Whether requests go to a sandbox. */
export function isInSandbox(): boolean {
  return sandboxKey !== undefined;
}

/** Asks as somebody else for so many seconds; the token reads and changes nothing. */
export function seeAs(token: string, seconds: number): void {
  otherToken = token;
  clearTimeout(otherEnds);
  otherEnds = setTimeout(() => seeAsOneself() && tellOtherEnd(), seconds * 1000);
}

/** Told when a visit ended by itself: its time was over, or the server took its token back. */
export function onOtherEnd(tell: () => void): void {
  tellOtherEnd = tell;
}

/** Gives the other's token back; false when there is none. */
export function seeAsOneself(): boolean {
  const token = otherToken;
  if (!token) return false;
  otherToken = undefined;
  clearTimeout(otherEnds);
  revoke(token);
  return true;
}

/** A visit whose token was refused is over. What was asked with it is not asked again in one's own name. */
export function otherWasRefused(): boolean {
  if (!seeAsOneself()) return false;
  tellOtherEnd();
  return true;
}

function revoke(token: string): void {
  const body = new URLSearchParams({ token, client_id: CLIENT.client_id });
  void fetch('/oauth/revoke', { method: 'POST', body, keepalive: true }).catch(() => undefined);
}

/** Ends the session and the tokens; leaves the page. */
export async function signOut(): Promise<void> {
  const known = await discovered();
  const id = tokens?.id;
  await end();
  const url = new URL(known.end_session_endpoint ?? '/oauth/end_session', location.origin);
  url.searchParams.set('client_id', CLIENT.client_id);
  url.searchParams.set('post_logout_redirect_uri', `${location.origin}/app/signed-out`);
  if (id) url.searchParams.set('id_token_hint', id);
  location.replace(url);
}

async function end(): Promise<void> {
  const refresh = tokens?.refresh;
  tokens = undefined;
  seeAsOneself();
  if (!refresh) return;
  const body = new URLSearchParams({ token: refresh, client_id: CLIENT.client_id });
  await fetch('/oauth/revoke', { method: 'POST', body, keepalive: true }).catch(() => undefined);
}

/** A page that goes away for good takes its tokens with it. */
export function endWithPage(): void {
  addEventListener('pagehide', (event) => {
    if (!event.persisted) void end();
  });
}
