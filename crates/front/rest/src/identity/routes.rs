//! The routes of signing in, of one's own login, of invitations and of API keys.

use kontor_http::route::{Access, Mark, Route};

use Access::{Admin, Open, Signed};
use Mark::{Partner, Private, Public};

const fn r(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    access: Access,
    mark: Mark,
    summary: &'static str,
) -> Route {
    Route::new(method, path, operation, access, mark, summary)
}

pub const IDENTITY: &[Route] = &[
    r("POST", "/v1/auth/sign_in", "signIn", Open, Private, "Sign in with e-mail address and password."),
    r("POST", "/v1/auth/second_factor", "secondFactor", Open, Private, "Finish signing in with a second factor."),
    r("POST", "/v1/auth/passkey/begin", "beginPasskeySignIn", Open, Private, "Ask a browser for a passkey."),
    r(
        "POST",
        "/v1/auth/passkey",
        "passkeySignIn",
        Open,
        Private,
        "Sign in with a passkey, alone or behind the password.",
    ),
    r("POST", "/v1/auth/redeem", "redeemLink", Open, Private, "Use an invitation or a link for a new password."),
    r(
        "POST",
        "/v1/password_resets",
        "askPasswordReset",
        Open,
        Public,
        "Ask for a link for a new password, which is mailed to the address if it signs in here.",
    ),
    r("POST", "/v1/auth/sign_out", "signOut", Signed, Private, "End the session of this request."),
    r("GET", "/v1/me", "readMe", Signed, Partner, "Who the credential of this request stands for."),
    r("GET", "/v1/me/sessions", "listMySessions", Signed, Private, "One's own sessions that go on, newest first."),
    r("DELETE", "/v1/me/sessions", "endMyOtherSessions", Signed, Private, "End all of one's own sessions but this."),
    r("DELETE", "/v1/me/sessions/{id}", "endMySession", Signed, Private, "End one of one's own sessions."),
    r("POST", "/v1/me/space", "switchSpace", Signed, Private, "Take this session to another of one's own spaces."),
    r("POST", "/v1/me/password", "changePassword", Signed, Private, "Change one's own password."),
    r("POST", "/v1/me/totp", "beginTotp", Signed, Private, "Begin to set up an authenticator app."),
    r("DELETE", "/v1/me/totp", "removeTotp", Signed, Private, "Give up the authenticator app."),
    r("POST", "/v1/me/totp/confirm", "confirmTotp", Signed, Private, "Finish setting up an authenticator app."),
    r("POST", "/v1/me/totp/recovery_codes", "newRecoveryCodes", Signed, Private, "Replace the recovery codes."),
    r("GET", "/v1/me/passkeys", "listMyPasskeys", Signed, Private, "One's own passkeys, oldest first."),
    r("POST", "/v1/me/passkeys/begin", "beginPasskey", Signed, Private, "Begin to add a passkey."),
    r("POST", "/v1/me/passkeys", "addPasskey", Signed, Private, "Finish adding a passkey."),
    r("PATCH", "/v1/me/passkeys/{id}", "renamePasskey", Signed, Private, "Give a passkey another name."),
    r("DELETE", "/v1/me/passkeys/{id}", "removePasskey", Signed, Private, "Remove a passkey."),
    r("POST", "/v1/users/{id}/invite", "inviteUser", Admin, Private, "Make the link with which a user first signs in."),
    r(
        "POST",
        "/v1/users/{id}/deactivate-sessions",
        "endSessionsOfUser",
        Admin,
        Private,
        "End all sessions of a user in this space.",
    ),
    r("GET", "/v1/api_keys", "listApiKeys", Signed, Private, "API keys, newest first; never the keys themselves."),
    r("POST", "/v1/api_keys", "createApiKey", Signed, Private, "Make an API key; the answer is its only sight."),
    r("GET", "/v1/api_keys/{id}", "readApiKey", Signed, Private, "An API key, without the key itself."),
    r("PATCH", "/v1/api_keys/{id}", "updateApiKey", Signed, Private, "Change an API key's name, rights or limits."),
    r("DELETE", "/v1/api_keys/{id}", "revokeApiKey", Signed, Private, "Revoke an API key."),
    r(
        "POST",
        "/v1/api_keys/{id}/rotate",
        "rotateApiKey",
        Signed,
        Private,
        "A new key in place of an old one, which works on for a while.",
    ),
    r(
        "GET",
        "/v1/identity_providers",
        "listIdentityProviders",
        Admin,
        Private,
        "The company's own identity providers.",
    ),
    r(
        "POST",
        "/v1/identity_providers",
        "createIdentityProvider",
        Admin,
        Private,
        "Declare an identity provider; its secret is not shown again.",
    ),
    r("GET", "/v1/identity_providers/{id}", "readIdentityProvider", Admin, Private, "An identity provider."),
    r("PATCH", "/v1/identity_providers/{id}", "updateIdentityProvider", Admin, Private, "Change an identity provider."),
    r(
        "DELETE",
        "/v1/identity_providers/{id}",
        "deleteIdentityProvider",
        Admin,
        Private,
        "Delete an identity provider with its links and sessions.",
    ),
    r(
        "POST",
        "/v1/identity_providers/{id}/test",
        "testIdentityProvider",
        Admin,
        Private,
        "Try an identity provider out, and say what is wrong.",
    ),
    r("GET", "/v1/users/{id}/identities", "listIdentities", Admin, Private, "Who a user is at identity providers."),
    r("DELETE", "/v1/users/{id}/identities", "unlinkIdentities", Admin, Private, "Part a user from their identities."),
];
