// The authorization server against a standard client library, unmodified: openid-client (npm).
//
//   npm install openid-client
//   BASE=http://127.0.0.1:8080 KEY=ak_… node tests/contract/oauth_openid_client.mjs
//
// KEY is an administrator's. Discovers, registers, asks with a pushed request, authorization code, PKCE and DPoP,
// calls the API, refreshes, introspects, revokes; then a device, and a client that acts for itself.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const here = createRequire(pathToFileURL(process.cwd() + "/"));
const client = await import(pathToFileURL(here.resolve("openid-client")));

const BASE = process.env.BASE.replace(/\/$/, "");
const { KEY, EMAIL = "owner@kontor.example" } = process.env;
const PASSWORD = process.env.PASSWORD ?? KEY;
const REDIRECT = "http://127.0.0.1:53682/callback";
const insecure = { execute: [client.allowInsecureRequests] };

function step(name, passed, detail = "") {
  console.log(passed ? `ok   ${name}` : `FAIL ${name} ${JSON.stringify(detail)}`);
  if (!passed) process.exit(1);
}

/** A browser: it keeps cookies and follows nothing by itself. */
class Browser {
  jar = new Map();

  async fetch(url, init = {}) {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...init, redirect: "manual", headers: { ...init.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.jar.set(name, value);
    }
    return { url, status: answer.status, location: answer.headers.get("location"), text: await answer.text() };
  }

  submit(page, filled) {
    const plain = (text) => text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
    const action = plain(/<form method="post" action="([^"]+)"/.exec(page.text)[1]);
    const body = new URLSearchParams();
    for (const [, name, value] of page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)) body.append(name, plain(value));
    for (const [name, value] of Object.entries(filled)) body.append(name, value);
    return this.fetch(new URL(action, page.url).href, { method: "POST", body });
  }

  /** Signs in, types what is asked for, allows; where it is sent, or the last page. */
  async agree(url) {
    let page = await this.fetch(url);
    for (let n = 0; n < 10; n += 1) {
      if (page.location) {
        const next = new URL(page.location, page.url);
        if (next.href.startsWith(REDIRECT)) return next;
        page = await this.fetch(next.href);
      } else if (page.text.includes('name="password"')) page = await this.submit(page, { email: EMAIL, password: PASSWORD });
      else if (page.text.includes('name="decision"')) page = await this.submit(page, { decision: "allow" });
      else if (page.text.includes('id="user_code"')) page = await this.submit(page, { user_code: /id="user_code"[^>]* value="([^"]*)"/.exec(page.text)[1] });
      else return page;
    }
    return page;
  }
}

const asAdmin = { headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" } };
const { data: [owner] } = await (await fetch(`${BASE}/v1/users?filter[external_id]=owner`, asAdmin)).json();
if (owner.email !== EMAIL) await fetch(`${BASE}/v1/users/${owner.id}`, { ...asAdmin, method: "PATCH", body: JSON.stringify({ email: EMAIL }) });

const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const config = await client.dynamicClientRegistration(new URL(BASE), {
  client_name: "openid-client", redirect_uris: [REDIRECT], grant_types: ["authorization_code", "refresh_token", DEVICE],
  token_endpoint_auth_method: "client_secret_post", scope: "openid profile email offline_access crm:read",
}, undefined, { ...insecure, algorithm: "oauth2" });
client.allowInsecureRequests(config);
step("discovery by RFC 8414 and registration", config.serverMetadata().issuer === BASE && config.clientMetadata().client_id);

const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const verifier = client.randomPKCECodeVerifier();
const [state, nonce] = [client.randomState(), client.randomNonce()];
const ask = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: REDIRECT, scope: "openid profile email offline_access crm:read", state, nonce, resource: BASE,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
}, { DPoP });
step("pushed request", ask.searchParams.has("request_uri"));
const back = await new Browser().agree(ask.href);
const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }, undefined, { DPoP });
step("code, PKCE, iss, ID token, DPoP", tokens.token_type === "dpop" && tokens.claims().sub === owner.id, tokens);
const info = await client.fetchUserInfo(config, tokens.access_token, owner.id, { DPoP });
step("userinfo", info.email === EMAIL, info);
const called = await client.fetchProtectedResource(config, tokens.access_token, new URL(`${BASE}/v1/customers?limit=1`), "GET", undefined, undefined, { DPoP });
step("API", called.status === 200, called.status);
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
step("refresh rotates", fresh.refresh_token !== tokens.refresh_token);
step("introspection", (await client.tokenIntrospection(config, fresh.access_token)).active === true);
await client.tokenRevocation(config, fresh.refresh_token);
step("revocation", (await client.tokenIntrospection(config, fresh.access_token)).active === false);
const reused = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP }).catch((error) => error);
step("a used refresh token", reused.error === "invalid_grant", reused);

const begun = await client.initiateDeviceAuthorization(config, { scope: "openid crm:read" });
const [connected] = await Promise.all([client.pollDeviceAuthorizationGrant(config, begun), new Browser().agree(begun.verification_uri_complete)]);
step("device", connected.claims().sub === owner.id);

const made = await (await fetch(`${BASE}/v1/oauth_clients`, { ...asAdmin, method: "POST", body: JSON.stringify({ client_name: "Robot", grant_types: ["client_credentials"], scope: "crm:read", role: "read-only" }) })).json();
const robot = await client.discovery(new URL(BASE), made.data.client_id, made.data.client_secret, undefined, insecure);
const own = await client.clientCredentialsGrant(robot, { scope: "crm:read", resource: BASE });
step("client credentials", (await client.fetchProtectedResource(robot, own.access_token, new URL(`${BASE}/v1/customers?limit=1`), "GET")).status === 200);
console.log("all well");
