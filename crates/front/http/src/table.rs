//! The routes as the door looks them up: template, methods, metrics. Made once.

use std::sync::Arc;

use axum::http::Method;
use kontor_model::ApiVersion;
use kontor_telemetry::metrics::HttpRoute;

use crate::ratelimit;
use crate::route::{Access, Gives, Route, Takes};

/// The label of requests that no route answers.
const NO_ROUTE: &str = "(none)";

/// One method of a path.
pub struct Row {
    pub method: Method,
    pub access: Access,
    pub takes: Takes,
    pub gives: Gives,
    /// What a request takes of rate limits.
    pub cost: u64,
    /// See [`Route::by_catalog`].
    pub by_catalog: bool,
    metrics: HttpRoute,
}

/// One path with its methods.
pub struct Path {
    pub template: Arc<str>,
    /// None for a path that has no versions.
    pub version: Option<ApiVersion>,
    /// `GET, HEAD, POST, OPTIONS`
    pub allow: String,
    rows: Vec<Row>,
    other: HttpRoute,
}

impl Path {
    fn new(template: &str) -> Self {
        let version = ApiVersion::of_path(template).map(|(version, _)| version);
        let other = HttpRoute::new(template, "other");
        Self { template: template.into(), version, allow: String::new(), rows: Vec::new(), other }
    }

    /// The route for a method; HEAD is answered as GET.
    pub fn row(&self, method: &Method) -> Option<&Row> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.rows.iter().find(|row| row.method == *method)
    }

    pub fn metrics(&self, method: &Method) -> &HttpRoute {
        self.row(method).map_or(&self.other, |row| &row.metrics)
    }
}

/// All paths.
pub struct Table {
    paths: matchit::Router<usize>,
    rows: Vec<Path>,
    none: Path,
}

impl Table {
    /// A route of version 1 is there in every version.
    ///
    /// # Errors
    /// Two templates that cannot be told apart, or a malformed one.
    pub fn new(routes: impl IntoIterator<Item = Route>, heavy_cost: u32) -> Result<Self, String> {
        let mut rows: Vec<Path> = Vec::new();
        for route in routes {
            for template in templates(route.path) {
                let at = rows.iter().position(|p| *p.template == *template).unwrap_or_else(|| {
                    rows.push(Path::new(&template));
                    rows.len() - 1
                });
                let method =
                    Method::from_bytes(route.method.as_bytes()).map_err(|e| format!("{}: {e}", route.method))?;
                let metrics = HttpRoute::new(&template, route.method);
                let cost = ratelimit::cost(&route, heavy_cost);
                let Route { access, takes, gives, by_catalog, .. } = route;
                if let Some(path) = rows.get_mut(at) {
                    path.rows.push(Row { method, access, takes, gives, by_catalog, cost, metrics });
                }
            }
        }
        let mut paths = matchit::Router::new();
        for (at, path) in rows.iter_mut().enumerate() {
            paths.insert(&*path.template, at).map_err(|e| format!("{}: {e}", path.template))?;
            let mut allow: Vec<&str> = Vec::new();
            for row in &path.rows {
                allow.push(row.method.as_str());
                if row.method == Method::GET {
                    allow.push("HEAD");
                }
            }
            allow.push("OPTIONS");
            path.allow = allow.join(", ");
        }
        Ok(Self { paths, rows, none: Path::new(NO_ROUTE) })
    }

    /// The path's row; None where there is no such route.
    pub fn find(&self, path: &str) -> Option<&Path> {
        self.paths.at(path).ok().and_then(|found| self.rows.get(*found.value))
    }

    /// What stands in the log for a path that is no route.
    pub fn none(&self) -> &Path {
        &self.none
    }
}

/// A path in every version, or the one path that has none.
fn templates(path: &str) -> Vec<String> {
    match ApiVersion::of_path(path) {
        Some((ApiVersion::V1, _)) => ApiVersion::ALL.iter().map(|version| version.path(path)).collect(),
        _ => vec![path.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Mark;

    #[test]
    fn a_path_says_what_it_allows() {
        let route = |method, path| Route::new(method, path, "x", Access::Read, Mark::Partner, "x");
        let routes =
            [route("GET", "/v1/{c}"), route("POST", "/v1/{c}"), route("GET", "/v1/jobs"), route("PUT", "/v1/{c}/{id}")];
        let table = Table::new(routes, 5).unwrap();
        let path = table.find("/v1/deals").unwrap();
        assert_eq!((&*path.template, path.allow.as_str()), ("/v1/{c}", "GET, HEAD, POST, OPTIONS"));
        assert!(path.row(&Method::HEAD).is_some() && path.row(&Method::PUT).is_none());
        assert_eq!(&*table.find("/v1/jobs").unwrap().template, "/v1/jobs");
        let second = table.find("/v2/deals").unwrap();
        assert_eq!((&*second.template, second.version), ("/v2/{c}", Some(ApiVersion::V2)));
        assert!(table.find("/v3/deals").is_none());
        assert_eq!(table.find("/v1/jobs/7").unwrap().allow, "PUT, OPTIONS");
        assert!(table.find("/v1/").is_none() && table.find("/v1/deals/").is_none() && table.find("//v1").is_none());
    }
}
