//! Requests by route.

use std::sync::OnceLock;
use std::time::Duration;

use super::{Counter, Gauge, Histogram, Registry, global};

/// The statuses Kontor answers with, the frequent ones first.
const STATUSES: [u16; 38] = [
    200, 201, 204, 304, 404, 400, 401, 403, 409, 422, 429, 412, 500, 503, 504, 202, 206, 207, 301, 302, 303, 307, 308,
    405, 406, 408, 410, 413, 414, 415, 428, 431, 499, 101, 501, 502, 505, 507,
];

/// The metrics of one route and method; make it with the route.
#[derive(Debug)]
pub struct HttpRoute {
    registry: &'static Registry,
    route: String,
    method: String,
    duration: Histogram,
    by_status: [OnceLock<Counter>; STATUSES.len()],
}

impl HttpRoute {
    /// `route` is the template, as `/v1/deals/{id}`.
    #[must_use]
    pub fn new(route: &str, method: &str) -> Self {
        Self::within(global(), route, method)
    }

    fn within(registry: &'static Registry, route: &str, method: &str) -> Self {
        let help = "Time from the request's first byte to the answer's head.";
        Self {
            registry,
            route: route.to_owned(),
            method: method.to_owned(),
            duration: registry.histogram("http_request_duration_seconds", help, &[("route", route)]),
            by_status: [const { OnceLock::new() }; STATUSES.len()],
        }
    }

    /// Counts an answer.
    pub fn observe(&self, status: u16, duration: Duration) {
        self.duration.observe(duration);
        let known = STATUSES.iter().position(|known| *known == status).and_then(|at| self.by_status.get(at));
        match known {
            Some(counter) => counter.get_or_init(|| self.counter(status)).increment(),
            None => self.counter(status).increment(),
        }
    }

    fn counter(&self, status: u16) -> Counter {
        let status = status.to_string();
        let labels = [("route", self.route.as_str()), ("method", &self.method), ("status", &status)];
        self.registry.counter("http_requests_total", "Requests answered.", &labels)
    }
}

/// Requests that are being answered now.
#[must_use]
pub fn http_in_flight() -> Gauge {
    super::gauge("http_requests_in_flight", "Requests that are being answered now.", &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_counts_by_status_and_shares_its_histogram_over_methods() {
        static REGISTRY: Registry = Registry::new();
        let get = HttpRoute::within(&REGISTRY, "/v1/deals", "GET");
        let post = HttpRoute::within(&REGISTRY, "/v1/deals", "POST");
        get.observe(200, Duration::from_millis(1));
        get.observe(200, Duration::from_millis(1));
        get.observe(418, Duration::from_millis(1));
        post.observe(201, Duration::from_millis(1));
        let text = REGISTRY.render();
        assert!(text.contains("http_requests_total{route=\"/v1/deals\",method=\"GET\",status=\"200\"} 2\n"), "{text}");
        assert!(text.contains("method=\"GET\",status=\"418\"} 1\n"), "{text}");
        assert!(text.contains("http_request_duration_seconds_count{route=\"/v1/deals\"} 4\n"), "{text}");
    }
}
