//! The routes as the door looks them up: template, methods, metrics. Made once.

use std::sync::Arc;

use axum::http::Method;
use kontor_model::ApiVersion;
use kontor_telemetry::metrics::HttpRoute;

use crate::health;
use crate::ratelimit::{self, Weight};
use crate::route::{Access, Gives, Mark, Route, Takes};
use crate::via::Side;

/// The label of requests that no route answers.
const NO_ROUTE: &str = "(none)";

/// One method of a path.
pub struct Row {
    pub method: Method,
    pub access: Access,
    mark: Mark,
    pub takes: Takes,
    pub gives: Gives,
    /// What a request takes of rate limits.
    pub weight: Weight,
    /// See [`Route::by_catalog`].
    pub by_catalog: bool,
    /// See [`Route::kept`].
    pub kept: bool,
    metrics: HttpRoute,
}

/// One path with its methods.
pub struct Path {
    pub template: Arc<str>,
    /// None for a path that has no versions.
    pub version: Option<ApiVersion>,
    /// `GET, HEAD, POST, OPTIONS`
    allow: String,
    /// The same on the public side; empty where there is nothing.
    allow_public: String,
    rows: Vec<Row>,
    other: HttpRoute,
    /// See [`Route::of_object`].
    pub of_object: bool,
}

impl Path {
    fn new(template: &str) -> Self {
        let version = ApiVersion::of_path(template).map(|(version, _)| version);
        let other = HttpRoute::new(template, "other");
        Self {
            template: template.into(),
            version,
            allow: String::new(),
            allow_public: String::new(),
            rows: Vec::new(),
            other,
            of_object: false,
        }
    }

    /// The route for a method; HEAD is answered as GET.
    pub fn row(&self, method: &Method, side: Side) -> Option<&Row> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.rows.iter().find(|row| row.method == *method && side.shows(row.mark))
    }

    /// Whether any method is there.
    pub fn is_seen(&self, side: Side) -> bool {
        self.rows.iter().any(|row| side.shows(row.mark))
    }

    /// `GET, HEAD, POST, OPTIONS`
    pub fn allow(&self, side: Side) -> &str {
        if side == Side::Public { &self.allow_public } else { &self.allow }
    }

    fn allowed(&self, side: Side) -> String {
        let mut allow: Vec<&str> = Vec::new();
        for row in self.rows.iter().filter(|row| side.shows(row.mark)) {
            allow.push(row.method.as_str());
            if row.method == Method::GET {
                allow.push("HEAD");
            }
        }
        allow.push("OPTIONS");
        allow.join(", ")
    }

    /// Whether its routes serve who looks after the process.
    pub fn is_health(&self) -> bool {
        health::ROUTES.iter().any(|route| route.path == &*self.template)
    }

    pub fn metrics(&self, method: &Method) -> &HttpRoute {
        self.row(method, Side::Only).map_or(&self.other, |row| &row.metrics)
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
                let weight = ratelimit::weight(&route, heavy_cost);
                let Route { access, mark, takes, gives, by_catalog, kept, .. } = route;
                if let Some(path) = rows.get_mut(at) {
                    path.of_object = route.of_object;
                    path.rows.push(Row { method, access, mark, takes, gives, by_catalog, kept, weight, metrics });
                }
            }
        }
        let mut paths = matchit::Router::new();
        for (at, path) in rows.iter_mut().enumerate() {
            paths.insert(&*path.template, at).map_err(|e| format!("{}: {e}", path.template))?;
            path.allow = path.allowed(Side::Only);
            path.allow_public = path.allowed(Side::Public);
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
        assert!(path.row(&Method::HEAD, Side::Only).is_some() && path.row(&Method::PUT, Side::Only).is_none());
        assert_eq!(&*table.find("/v1/jobs").unwrap().template, "/v1/jobs");
        let second = table.find("/v2/deals").unwrap();
        assert_eq!((&*second.template, second.version), ("/v2/{c}", Some(ApiVersion::V2)));
        assert!(table.find("/v3/deals").is_none());
        assert_eq!(table.find("/v1/jobs/7").unwrap().allow, "PUT, OPTIONS");
        assert!(table.find("/v1/").is_none() && table.find("/v1/deals/").is_none() && table.find("//v1").is_none());
    }

    #[test]
    fn the_public_side_does_not_know_of_private_methods() {
        let route = |method, path, mark| Route::new(method, path, "x", Access::Read, mark, "x");
        let routes = [
            route("GET", "/v1/keys", Mark::Partner),
            route("POST", "/v1/keys", Mark::Private),
            route("GET", "/metrics", Mark::Private),
        ];
        let table = Table::new(routes, 5).unwrap();
        let (mixed, private) = (table.find("/v1/keys").unwrap(), table.find("/metrics").unwrap());
        for side in [Side::Only, Side::Internal] {
            assert!(mixed.row(&Method::POST, side).is_some() && private.is_seen(side));
            assert_eq!(mixed.allow(side), "GET, HEAD, POST, OPTIONS");
        }
        assert!(mixed.row(&Method::POST, Side::Public).is_none() && mixed.row(&Method::HEAD, Side::Public).is_some());
        assert_eq!(mixed.allow(Side::Public), "GET, HEAD, OPTIONS");
        assert!(!private.is_seen(Side::Public));
    }
}
