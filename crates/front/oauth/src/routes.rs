//! The routes of the authorization server, as the door and the OpenAPI document read them.

use kontor_http::route::{Access, Mark, Route};

use Access::{Admin, Open, Signed};
use Mark::{Partner, Private, Public};

/// A route whose errors are those of OAuth, and whose answer may be a page.
const fn open(method: &'static str, path: &'static str, operation: &'static str, summary: &'static str) -> Route {
    Route::new(method, path, operation, Open, Public, summary).own_body().any_answer()
}

/// Endpoints and pages.
pub const PROTOCOL: &[Route] = &[
    open(
        "GET",
        "/.well-known/oauth-authorization-server",
        "oauthServer",
        "The authorization server's metadata (RFC 8414).",
    ),
    open("GET", "/.well-known/openid-configuration", "openidConfiguration", "The same metadata for OpenID Connect."),
    open(
        "GET",
        "/.well-known/oauth-protected-resource",
        "oauthResource",
        "Which server gives tokens for this API (RFC 9728).",
    ),
    open("GET", "/oauth/jwks", "oauthKeys", "The public keys of tokens (RFC 7517)."),
    open(
        "GET",
        "/oauth/authorize",
        "authorize",
        "A person is asked for access in a browser; answers with a page or a redirect.",
    ),
    open("POST", "/oauth/authorize", "decideAuthorize", "The person's decision."),
    open(
        "POST",
        "/oauth/token",
        "oauthToken",
        "Gives tokens for a code, a refresh token, a device code, a token or a client's own credentials.",
    ),
    open("POST", "/oauth/par", "pushAuthorization", "Takes an authorization request beforehand (RFC 9126)."),
    open(
        "POST",
        "/oauth/device_authorization",
        "deviceAuthorization",
        "Begins on a device without a browser (RFC 8628).",
    ),
    open("GET", "/oauth/device", "deviceCode", "The page where a person types a device's code."),
    open("POST", "/oauth/device", "decideDevice", "The code, and then the decision."),
    open("POST", "/oauth/register", "registerClient", "An application registers itself (RFC 7591)."),
    open("POST", "/oauth/revoke", "revokeToken", "Ends a token and the agreement behind it (RFC 7009)."),
    open("POST", "/oauth/introspect", "introspectToken", "Whether a token is good, and for what (RFC 7662)."),
    Route::new(
        "GET",
        "/oauth/userinfo",
        "userinfo",
        Signed,
        Public,
        "Who the token's user is (OpenID Connect Core, 5.3).",
    ),
    Route::new("POST", "/oauth/userinfo", "postUserinfo", Signed, Public, "The same, for clients that post.")
        .own_body(),
    open("GET", "/oauth/end_session", "endSession", "An application asks to sign the person out."),
    open("POST", "/oauth/end_session", "leaveSession", "Signs the person out."),
    open(
        "GET",
        "/sign-in",
        "signInPage",
        "The sign-in page; with `token`, the page of an invitation or a forgotten password.",
    ),
    open("POST", "/sign-in", "signInForm", "E-mail and password."),
    open("GET", "/sign-in/second-factor", "secondFactorPage", "Leads back to the sign-in page."),
    open("POST", "/sign-in/second-factor", "secondFactorForm", "The code of the second factor."),
    open("GET", "/sign-in/passkey", "passkeyBack", "Leads back to the sign-in page."),
    open("POST", "/sign-in/passkey", "passkeyForm", "A passkey, alone or behind the password."),
    open("POST", "/sign-in/passkey/begin", "askPasskey", "What a sign-in page's script asks the browser for."),
    open("GET", "/sign-in/passkey.js", "passkeyScript", "The script of the pages with passkeys."),
    open("GET", "/sign-in/passkeys", "passkeysPage", "One's own passkeys."),
    open("POST", "/sign-in/passkeys", "addPasskeyForm", "Keeps the passkey that the browser made."),
    open("POST", "/sign-in/passkeys/begin", "askNewPasskey", "What the page's script asks the browser to make."),
    open("POST", "/sign-in/passkeys/remove", "removePasskeyForm", "Removes a passkey."),
    open("GET", "/sign-in/redeem", "redeemPage", "Leads back to the sign-in page."),
    open("POST", "/sign-in/redeem", "redeemForm", "Sets the password."),
    open("GET", "/oauth/providers/{id}/start", "providerStart", "Leads a person to a company's own identity provider."),
    open("GET", "/oauth/providers/{id}/callback", "providerCallback", "Where the provider sends the person back to."),
];

/// What an administrator does.
pub const MANAGEMENT: &[Route] = &[
    Route::new("GET", "/v1/oauth_clients", "listOauthClients", Admin, Partner, "The OAuth clients of the space."),
    Route::new(
        "POST",
        "/v1/oauth_clients",
        "createOauthClient",
        Admin,
        Partner,
        "Make an OAuth client; its secret is in the answer once.",
    ),
    Route::new("GET", "/v1/oauth_clients/{id}", "readOauthClient", Admin, Partner, "An OAuth client."),
    Route::new(
        "DELETE",
        "/v1/oauth_clients/{id}",
        "deleteOauthClient",
        Admin,
        Partner,
        "End an OAuth client with all of its tokens.",
    ),
    Route::new(
        "POST",
        "/v1/oauth_clients/{id}/rotate_secret",
        "rotateOauthClientSecret",
        Admin,
        Partner,
        "Give an OAuth client a new secret; the old one is dead at once.",
    ),
    Route::new(
        "POST",
        "/v1/oauth_keys/rotate",
        "rotateOauthKeys",
        Admin,
        Private,
        "Make new signing keys, used in ten minutes.",
    ),
];

const COUNT: usize = PROTOCOL.len() + MANAGEMENT.len();

/// Every route that this crate answers.
pub const ROUTES: &[Route] = &joined();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses a place outside the table")]
const fn joined() -> [Route; COUNT] {
    let mut all = [open("", "", "", ""); COUNT];
    let mut at = 0;
    while at < COUNT {
        all[at] = if at < PROTOCOL.len() { PROTOCOL[at] } else { MANAGEMENT[at - PROTOCOL.len()] };
        at += 1;
    }
    all
}
