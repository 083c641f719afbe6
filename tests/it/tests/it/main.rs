//! Flows over HTTP, each on SQLite and on PostgreSQL; the modules mirror the URLs.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "[id.clone()] reads better than a slice of a reference")]

mod accounts;
mod activities;
mod alerts;
mod audit;
mod automation;
mod bad_input;
mod calendar;
mod composite;
mod contacts;
mod coverage;
mod credentials;
mod customers;
mod documents;
mod duplicates;
mod envelope;
mod events;
mod faults;
mod forms;
mod imports;
mod invoicing;
mod jobs;
mod leads;
mod limits;
mod mail;
mod marketing;
mod metadata;
mod notifications;
mod oauth;
mod overload;
mod permissions;
mod privacy;
mod providers;
mod records;
mod reporting;
mod request_logs;
mod sales;
mod sandboxes;
mod scim;
mod search;
mod server;
mod story;
mod support;
mod territories;
mod tickets;
mod tls;
mod versions;
mod walk;
mod webhooks;
