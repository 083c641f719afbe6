//! A version on its way out says so in every answer.

use kontor_testkit::{Backend, Server, both_alone};

both_alone!(a_version_on_its_way_out_says_so);

async fn a_version_on_its_way_out_says_so(backend: Backend) {
    let server = Server::builder()
        .backend(backend)
        .env("KONTOR_VERSIONS_V1_DEPRECATED_AT", "2027-01-01T00:00:00Z")
        .env("KONTOR_VERSIONS_V1_SUNSET_AT", "2028-01-01T00:00:00Z")
        .start()
        .await;
    let api = server.api();
    for path in ["/v1/customers", "/v1/customers/4242", "/v1/metadata/objects", "/v1/nothing?x=1"] {
        let reply = api.get(path).await;
        assert_eq!(reply.header("deprecation"), "@1798761600", "{path}");
        assert_eq!(reply.header("sunset"), "Sat, 01 Jan 2028 00:00:00 GMT", "{path}");
        let successor = path.split('?').next().unwrap().replacen("/v1/", "/v2/", 1);
        assert_eq!(reply.header("link"), format!("<{successor}>; rel=\"successor-version\""));
    }
    for path in ["/v2/customers", "/healthz", "/openapi/v1.json"] {
        let reply = api.get(path).await;
        let said = ["deprecation", "sunset", "link"].map(|name| reply.header(name).to_owned());
        assert_eq!(said, ["", "", ""], "{path}");
    }
}
