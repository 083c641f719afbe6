//! What clients find by themselves (RFC 8414, OpenID Connect Discovery, RFC 9728).

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::{Value, json};

use super::party::{App, issuer};

both!(the_documents_agree, every_endpoint_is_there, keys_are_public);
both_alone!(a_lost_master_key_costs_no_tokens);

async fn read(api: &Api, path: &str) -> Value {
    api.anonymous().get(path).await.expect(200).json
}

async fn the_documents_agree(api: Api) {
    let server = read(&api, "/.well-known/oauth-authorization-server").await;
    assert_eq!(server, read(&api, "/.well-known/openid-configuration").await);
    assert_eq!(server["issuer"], issuer(&api), "the issuer is the address, to the letter");
    for (name, value) in [
        ("response_types_supported", json!(["code"])),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("client_id_metadata_document_supported", json!(true)),
        ("id_token_signing_alg_values_supported", json!(["EdDSA", "ES256"])),
    ] {
        assert_eq!(server[name], value, "{name}");
    }
    let resource = read(&api, "/.well-known/oauth-protected-resource").await;
    assert_eq!(resource["authorization_servers"], json!([issuer(&api)]));
    assert_eq!(resource["bearer_methods_supported"], json!(["header"]));
}

async fn every_endpoint_is_there(api: Api) {
    let server = read(&api, "/.well-known/oauth-authorization-server").await;
    let mut found = 0;
    for (name, value) in server.as_object().unwrap() {
        if !name.ends_with("_endpoint") && name != "jwks_uri" {
            continue;
        }
        let path = value.as_str().unwrap().strip_prefix(&issuer(&api)).unwrap();
        let reply = api.anonymous().get(path).await;
        assert!(reply.error_code() != 404_000, "{name}: {reply}");
        found += 1;
    }
    assert!(found >= 10, "{found}");
}

async fn keys_are_public(api: Api) {
    let keys = read(&api, "/oauth/jwks").await;
    let keys = keys["keys"].as_array().unwrap();
    for alg in ["EdDSA", "ES256"] {
        assert!(keys.iter().any(|key| key["alg"] == alg), "{alg}");
    }
    for key in keys {
        let members = key.as_object().unwrap();
        assert!(members.contains_key("kid") && key["use"] == "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(!members.contains_key(private), "{key}");
        }
    }
    // Nor does the database hold one: what is stored is sealed, and of the length of seed, nonce and tag or more.
    let probe = format!("probe_{}", kontor_testkit::serial());
    api.place().sql(&format!(
        "CREATE TABLE {probe} (n INTEGER CHECK (n = 0)); INSERT INTO {probe} SELECT count(*) FROM oauth_key WHERE length(sealed) < 60; DROP TABLE {probe};"
    ));
}

/// A backup that comes back without its master key: what was given stays good, and new keys sign.
async fn a_lost_master_key_costs_no_tokens(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_PUBLIC_URL", "http://crm.example").start().await;
    let app = App::confidential(&server.api()).await;
    let ask = [("grant_type", "client_credentials"), ("scope", "crm:read")];
    let token = async |api: &Api| {
        let reply = app.token(api, &ask).await.expect(200);
        reply.json["access_token"].as_str().unwrap().to_owned()
    };
    let before = token(&server.api()).await;
    std::fs::remove_file(server.place().data().join("master.key")).unwrap();
    let server = server.restart().await;
    let api = server.api();
    let after = token(&api).await;
    let keys = read(&api, "/oauth/jwks").await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 4);
    assert_ne!(before.split('.').next(), after.split('.').next(), "another key signs");
    for token in [&before, &after] {
        let _ = api.with_key(token).get("/v1/customers?limit=1").await.expect(200);
    }
    assert!(server.log().contains("sealed under another master key"));
}
