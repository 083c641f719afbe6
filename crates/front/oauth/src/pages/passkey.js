// Passkeys on the pages of this server. A form says what it wants: data-passkey="get" or "create", data-begin (where the
// question comes from), data-finish (where the answer goes), data-site (the domain that passkeys are made for).
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  const { passkey: deed, begin, finish, site } = form ? form.dataset : {};
  const fits = location.hostname === site || location.hostname.endsWith("." + site);
  if (!form || !window.PublicKeyCredential || !fits) {
    document.querySelector("[data-passkey-missing]")?.removeAttribute("hidden");
    return;
  }

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));

  const said = document.querySelector("[data-passkey-error]");
  function say(words) {
    said.hidden = false;
    said.textContent = words;
  }

  /** The question; the server's own words when there is none. */
  async function ask() {
    const fields = new URLSearchParams();
    for (const name of ["csrf", "ticket", ...(deed === "create" ? ["password"] : [])]) {
      const value = form.elements[name]?.value;
      if (value) fields.append(name, value);
    }
    const answer = await fetch(begin, { method: "POST", body: fields });
    const json = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(json.error_description ?? json.detail ?? "This did not work. Please try again.");
    return json;
  }

  /** The browser's answer as JSON (WebAuthn Level 3, 5.1). */
  function plain(credential) {
    const { response } = credential;
    const parts = { clientDataJSON: text(response.clientDataJSON) };
    if (deed === "create") {
      parts.attestationObject = text(response.attestationObject);
      parts.transports = response.getTransports?.() ?? [];
    } else {
      parts.authenticatorData = text(response.authenticatorData);
      parts.signature = text(response.signature);
      if (response.userHandle) parts.userHandle = text(response.userHandle);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: parts });
  }

  let waiting = null;
  async function get(mediation) {
    waiting?.abort();
    const options = await ask();
    waiting = new AbortController();
    const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };
    return navigator.credentials.get({ publicKey, signal: waiting.signal, ...(mediation && { mediation }) });
  }

  async function create() {
    const options = await ask();
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    };
    return navigator.credentials.create({ publicKey });
  }

  function send(credential) {
    form.elements.credential.value = plain(credential);
    const password = form.querySelector("input[type=password]");
    if (password) password.disabled = true;
    form.action = finish;
    form.submit();
  }

  function told(error) {
    if (error.name === "AbortError") return;
    if (error.name === "InvalidStateError") say("This device has a passkey of yours already.");
    else if (error.name === "NotAllowedError") say("No passkey was used. You can try again.");
    else say(error.message);
  }

  if (deed === "create") {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      said.hidden = true;
      create().then(send).catch(told);
    });
    return;
  }
  const button = form.querySelector("[data-passkey-button]");
  button.hidden = false;
  button.addEventListener("click", () => {
    said.hidden = true;
    get().then(send).catch(told);
  });
  // Where the browser can, it offers passkeys in the e-mail field; then nothing has to be pressed.
  if (!form.elements.ticket) {
    PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => {
      if (can) get("conditional").then(send).catch(() => {});
    });
  }
})();
