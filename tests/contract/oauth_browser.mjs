// The authorization server and its pages in a real browser, with a standard client library, unmodified: openid-client,
// playwright-core and axe-core (npm), Chromium with a virtual authenticator.
//
//   npm install openid-client playwright-core axe-core
//   BASE=http://localhost:8096 LINK='http://localhost:8096/sign-in?token=ko_…' node tests/contract/oauth_browser.mjs
//
// LINK is the owner's first sign-in of a fresh installation whose public_url is BASE. CHROMIUM is the browser's path, SHOTS a
// folder for pictures of the pages.

import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const here = createRequire(pathToFileURL(process.cwd() + "/"));
const client = await import(pathToFileURL(here.resolve("openid-client")));
const { chromium } = (await import(pathToFileURL(here.resolve("playwright-core")))).default;
const axe = readFileSync(here.resolve("axe-core/axe.min.js"), "utf8");

const BASE = process.env.BASE.replace(/\/$/, "");
const { LINK, CHROMIUM = "/usr/bin/chromium", SHOTS = "", EMAIL = "owner@kontor.example" } = process.env;
const PASSWORD = process.env.PASSWORD ?? "Trompete-Regen-Ziegel-42";
if (SHOTS) mkdirSync(SHOTS, { recursive: true });

const flags = ["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: CHROMIUM, chromiumSandbox: false, args: flags });

async function step(name, passed, detail = "") {
  console.log(passed ? `ok   ${name}` : `FAIL ${name} ${JSON.stringify(detail)}`);
  if (passed) return;
  await browser.close();
  process.exit(1);
}

const faults = [];
async function person(options = {}) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && !message.text().includes("status of 40") && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  return page;
}

let shots = 0;
/** axe-core finds nothing serious, nothing is wider than the page, and a picture is taken. */
async function look(page, name) {
  const results = await page.evaluate(`${axe}; axe.run()`);
  const serious = results.violations.filter((v) => ["serious", "critical"].includes(v.impact));
  await step(`${name}: axe-core finds nothing serious`, serious.length === 0, serious.map((v) => [v.id, v.nodes.map((n) => n.html)]));
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  await step(`${name}: fits 360 px`, width <= 360, width);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${String(++shots).padStart(2, "0")}-${name.replaceAll(" ", "-")}.png`, fullPage: true });
}

/** Presses Tab until the element is reached; without a pointer. */
async function reach(page, selector) {
  for (let n = 0; n < 20; n += 1) {
    if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) return;
    await page.keyboard.press("Tab");
  }
  await step(`the keyboard reaches ${selector}`, false);
}

async function type(page, fields, button) {
  for (const [selector, text] of Object.entries(fields)) {
    await reach(page, selector);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(text);
  }
  await reach(page, button);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

/** A virtual authenticator: a platform's, which verifies its user. */
async function authenticator(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  return { session, authenticatorId };
}

// The application's side: where the answers go.
const waiting = [];
const callback = createServer((request, response) => {
  response.setHeader("content-type", "text/html").end("<title>Back</title>Back at the application.");
  if (request.url.startsWith("/callback")) waiting.shift()?.(new URL(request.url, REDIRECT));
});
await new Promise((resolve) => callback.listen(0, "127.0.0.1", resolve));
const REDIRECT = `http://127.0.0.1:${callback.address().port}/callback`;
const answer = () => new Promise((resolve) => waiting.push(resolve));

// The owner.
const page = await person();
const { session, authenticatorId } = await authenticator(page);
const credentials = async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
// The link may name the address that is listened on; cookies and passkeys belong to BASE.
await page.goto(BASE + new URL(LINK).pathname + new URL(LINK).search);
await look(page, "choose a password");
await type(page, { "#password": PASSWORD }, "button");
if (await page.locator("#email").count()) {
  await look(page, "choose a password with address");
  await type(page, { "#email": EMAIL, "#password": PASSWORD }, "button");
}
await step("the owner's first sign-in", (await page.locator("h1").textContent()) === "Signed in", await page.content());
await look(page, "signed in");

await page.goto(`${BASE}/sign-in/passkeys`);
await look(page, "no passkeys yet");
await page.fill("#name", "Wrong password");
await page.fill("#password", "Falsches-Passwort-1234");
await page.click("form[data-passkey] button");
await page.locator("[data-passkey-error]:visible").waitFor();
await look(page, "wrong password");
await page.reload();
await type(page, { "#name": "Office laptop", "#password": PASSWORD }, "form[data-passkey] button");
await step("a passkey is made", (await page.locator("h1").textContent()) === "Recovery codes" && (await credentials()).length === 1, await page.content());
await step("ten recovery codes", (await page.locator("code").count()) === 10);
await look(page, "recovery codes");
await page.goto(`${BASE}/sign-in/passkeys`);
await page.click("summary");
await look(page, "one passkey");
await page.fill("#name", "Twice");
await page.fill("form[data-passkey] #password", PASSWORD);
await page.click("form[data-passkey] button");
await page.locator("[data-passkey-error]:visible").waitFor();
await step("the same device makes no second one", (await page.locator("[data-passkey-error]").textContent()).includes("already"));
await page.goto(`${BASE}/sign-in`);
await page.getByRole("button", { name: "Sign out" }).click();

// Behind the password.
await page.goto(`${BASE}/sign-in`);
// The virtual authenticator answers the browser's own offer at once unless nobody is there.
await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: false });
await page.goto(`${BASE}/sign-in`);
await page.locator("[data-passkey-button]:visible").waitFor();
await look(page, "sign in");
await type(page, { "#email": EMAIL, "#password": PASSWORD }, "form button[type=submit]");
await page.locator("[data-passkey-button]:visible").waitFor();
await look(page, "one more step");
await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: true });
await reach(page, "[data-passkey-button]");
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
await step("a passkey behind the password", (await page.locator("h1").textContent()) === "Signed in", await page.content());
await page.getByRole("button", { name: "Sign out" }).click();

// A standard client; the person uses the passkey alone.
const config = await client.dynamicClientRegistration(new URL(BASE), {
  client_name: "openid-client in a browser", redirect_uris: [REDIRECT], grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "client_secret_post", scope: "openid profile email offline_access crm:read",
}, undefined, { execute: [client.allowInsecureRequests], algorithm: "oidc" });
client.allowInsecureRequests(config);
await step("discovery and registration", config.serverMetadata().issuer === BASE && Boolean(config.clientMetadata().client_id));

async function tokens(goes) {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT, scope: "openid profile email offline_access crm:read", state, nonce, resource: BASE, prompt: "login consent",
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  const back = answer();
  await goes(url.href);
  return client.authorizationCodeGrant(config, await back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
}
const consent = async () => {
  await page.locator("button[value=allow]").waitFor();
  await look(page, "consent");
  await reach(page, "button[value=allow]");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.href.startsWith(REDIRECT));
};
await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: false });
const given = await tokens(async (url) => {
  await page.goto(url);
  await page.locator("[data-passkey-button]:visible").waitFor();
  await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: true });
  await Promise.all([page.waitForNavigation(), page.click("[data-passkey-button]")]);
  await consent();
});
await step("code, PKCE, ID token; signed in by passkey alone", ["pop", "user", "mfa"].every((way) => given.claims().amr?.includes(way)), given.claims());
const info = await client.fetchUserInfo(config, given.access_token, given.claims().sub);
await step("userinfo", info.email === EMAIL, info);
const called = await client.fetchProtectedResource(config, given.access_token, new URL(`${BASE}/v1/customers?limit=1`), "GET");
await step("API", called.status === 200, called.status);
const fresh = await client.refreshTokenGrant(config, given.refresh_token);
await step("refresh rotates", fresh.refresh_token !== given.refresh_token);
await step("introspection", (await client.tokenIntrospection(config, fresh.access_token)).active === true);
await client.tokenRevocation(config, fresh.refresh_token);
await step("revocation", (await client.tokenIntrospection(config, fresh.access_token)).active === false);

// The browser offers the passkey by itself, in the e-mail field.
await page.context().clearCookies();
await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: true });
await page.goto(`${BASE}/sign-in`);
await page.waitForFunction(() => document.querySelector("h1").textContent === "Signed in");
await step("the browser's own offer", true);

// In the dark.
await page.emulateMedia({ colorScheme: "dark" });
await page.goto(`${BASE}/sign-in/passkeys`);
await look(page, "passkeys in the dark");
await page.emulateMedia({ colorScheme: "light" });

await page.click("summary");
await type(page, { "details input[type=password]": PASSWORD }, "details button");
await step("a passkey is removed", (await page.content()).includes("You have none yet"), await page.content());

// Without script: password, consent.
const plain = await person({ javaScriptEnabled: false });
await plain.goto(`${BASE}/sign-in`);
await step("without script there is no dead button", (await plain.locator("[data-passkey-button]:visible").count()) === 0);
await plain.fill("#email", EMAIL);
await plain.fill("#password", PASSWORD);
await plain.click("button[type=submit]");
await step("the password works without script", (await plain.locator("h1").textContent()) === "Signed in", await plain.content());
await plain.goto(`${BASE}/sign-in/passkeys`);
await step("the page says what it lacks", (await plain.content()).includes("needs script"));

await step("no page complained", faults.length === 0, faults);
await browser.close();
callback.close();
console.log("all well");
