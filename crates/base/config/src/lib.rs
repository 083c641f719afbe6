//! The settings of a Kontor process: `kontor.toml` < environment `KONTOR_…` < flags.
//!
//! Every setting is one row of [`KEYS`], one field of [`Config`] and one documented line of `kontor.default.toml`
//! ([`DEFAULT_FILE`]); tests hold the three together. All faults are reported at once, each with the setting, where its
//! value came from and what to write instead.

mod cidr;
mod door;
mod error;
mod keys;
mod kind;
mod layer;
mod load;
mod overload;
mod overrides;
mod rate;
mod schema;
mod secret;
mod settings;

pub use cidr::Cidr;
pub use door::{Acme, Connections, Tls};
pub use error::{ConfigError, Problem};
pub use keys::{KEYS, Key};
pub use kind::Kind;
pub use load::find_file;
pub use overload::{Alerts, Cache, Jobs, Overload, Sweeps};
pub use overrides::Overrides;
pub use rate::Rate;
pub use schema::config_schema;
pub use secret::{SecretText, SecretUrl};
pub use settings::{
    AccessTarget, Config, Database, Log, LogFormat, Mail, OAuth, Otel, Request, RowSecurity, Shutdown, Sqlite,
    Workspace,
};

/// The default configuration file, which is also the documentation of every setting.
pub const DEFAULT_FILE: &str = include_str!("../kontor.default.toml");
