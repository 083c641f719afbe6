//! Settings given as flags.

use crate::Key;

/// The flags of the command line that are settings; flatten it into a clap command. Text is checked by
/// [`crate::Config::load`], so that a wrong flag is reported like any other wrong setting.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Overrides {
    /// Folder of the database, files and keys
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// PostgreSQL to use instead of SQLite
    #[arg(long, value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// off, error, warn, info, debug, trace, or "info,module=debug"
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// json, text or auto
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Any other setting, as request.timeout_ms=5000
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl Overrides {
    /// Adds a setting by its dotted name.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.set.push(format!("{key}={value}"));
        self
    }

    /// The settings with a flag of their own: flag, dotted name, value.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        [
            ("--data", "data", &self.data),
            ("--listen", "listen", &self.listen),
            ("--database-url", "database_url", &self.database_url),
            ("--log-level", "log.level", &self.log_level),
            ("--log-format", "log.format", &self.log_format),
        ]
        .into_iter()
        .filter_map(|(flag, key, value)| value.as_deref().map(|value| (flag, key, value)))
    }
}

/// The setting of this name.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    crate::KEYS.iter().find(|key| key.name == name)
}
