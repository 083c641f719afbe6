//! The routes of webhooks besides those of endpoints as records.

use Access::Write;
use Mark::Partner;

use crate::routes::{Access, Mark, Route, r};

/// Events on their way to other systems. Endpoints are records.
pub const WEBHOOKS: &[Route] = &[
    r(
        "GET",
        "/v1/webhook_deliveries",
        "listWebhookDeliveries",
        Write,
        Partner,
        "Messages to webhook endpoints, those of the newest events first.",
    ),
    r(
        "GET",
        "/v1/webhook_deliveries/{id}",
        "readWebhookDelivery",
        Write,
        Partner,
        "A message with its request, its attempts and what the endpoint answered.",
    ),
    r("POST", "/v1/webhook_deliveries/{id}/redeliver", "redeliverWebhook", Write, Partner, "Send a message once more."),
    r(
        "POST",
        "/v1/webhook_endpoints/{id}/test",
        "testWebhookEndpoint",
        Write,
        Partner,
        "Send an endpoint a message about nothing.",
    ),
    r(
        "POST",
        "/v1/webhook_endpoints/{id}/rotate_secret",
        "rotateWebhookSecret",
        Write,
        Partner,
        "Give an endpoint another secret; messages are signed with both for a day.",
    ),
    r(
        "POST",
        "/v1/webhook_endpoints/{id}/recover",
        "recoverWebhookEndpoint",
        Write,
        Partner,
        "Send an endpoint again what it missed since a moment.",
    ),
];
