//! Swagger UI out of the binary; it asks nobody but this server.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, Response, header};
use kontor_http::Refusal;
use kontor_model::{Error, ErrorCode, Result};
use utoipa_swagger_ui::{Config, Url, serve};

const INDEX: &str = "index.html";

/// What the page shows and does.
pub fn config() -> Arc<Config<'static>> {
    Arc::new(
        Config::new([
            Url::with_primary("Version 1", "/openapi/v1.json", true),
            Url::new("Version 2", "/openapi/v2.json"),
        ])
        // Else the page sends the document's address to a public validator.
        .validator_url("none")
        .deep_linking(true)
        .display_operation_id(true)
        .display_request_duration(true)
        .doc_expansion("none")
        .default_models_expand_depth(0)
        .filter(true)
        .try_it_out_enabled(true),
    )
}

/// `/docs` itself: the page, its files addressed from the root.
pub fn page(config: Arc<Config<'static>>) -> Result<Response<Body>, Refusal> {
    let (body, kind) = find(INDEX, config)?;
    let text = String::from_utf8(body).map_err(Error::internal)?;
    Ok(answer(
        text.replace("=\"./", "=\"/docs/").replace("=\"index.css\"", "=\"/docs/index.css\"").into_bytes(),
        &kind,
    )?)
}

/// One of its files.
pub fn file(
    path: Result<Path<String>, PathRejection>,
    config: Arc<Config<'static>>,
) -> Result<Response<Body>, Refusal> {
    let Ok(Path(path)) = path else { return Err(unknown().into()) };
    let (body, kind) = find(&path, config)?;
    Ok(answer(body, &kind)?)
}

fn unknown() -> Error {
    Error::new(ErrorCode::NoRoute, "there is no such file; the page is at /docs, the errors are at /docs/errors")
}

fn find(path: &str, config: Arc<Config<'static>>) -> Result<(Vec<u8>, String)> {
    let file = serve(path, config).map_err(Error::internal)?.ok_or_else(unknown)?;
    Ok((file.bytes.into_owned(), file.content_type))
}

fn answer(body: Vec<u8>, kind: &str) -> Result<Response<Body>> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::try_from(kind).map_err(Error::internal)?);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_here() {
        let (index, kind) = find(INDEX, config()).unwrap();
        assert!(kind.starts_with("text/html"));
        let index = String::from_utf8(index).unwrap();
        for part in index
            .split("=\"")
            .skip(1)
            .filter_map(|p| p.split('"').next())
            .filter(|p| p.ends_with(".js") || p.ends_with(".css"))
        {
            assert!(!part.contains("//"), "{part} is not ours");
            assert!(find(part.trim_start_matches("./"), config()).is_ok(), "{part}");
        }
        let (start, _) = find("swagger-initializer.js", config()).unwrap();
        let start = String::from_utf8(start).unwrap();
        assert!(
            start.contains("/openapi/v1.json")
                && start.contains("/openapi/v2.json")
                && start.contains("none")
                && !start.contains("https://"),
            "{start}"
        );
        assert_eq!(find("nothing.js", config()).unwrap_err().code(), ErrorCode::NoRoute);
    }
}
