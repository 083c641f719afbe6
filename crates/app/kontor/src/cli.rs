//! The command line (fixed: scripts and tests rely on it).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kontor_config::Overrides;
use kontor_model::RouteLimits;

/// Kontor: an API-first CRM platform in one binary.
#[derive(Debug, Parser)]
#[command(name = "kontor", version, about, max_term_width = 100)]
pub struct Cli {
    /// Configuration file [default: ./kontor.toml when it is there]
    #[arg(long, global = true, value_name = "FILE", env = "KONTOR_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs everything in one process: API, worker, documents
    Up(Up),
    /// Runs some roles of an installation that several processes share
    Serve(Serve),
    /// Brings the database up to this version and stops
    Migrate(Plain),
    /// Makes, lists and revokes API keys; works beside a running server
    #[command(subcommand)]
    Keys(Keys),
    /// Shows and changes the settings of a space
    #[command(subcommand)]
    Settings(Settings),
    /// Helps people who are locked out; works beside a running server
    #[command(subcommand)]
    Users(Users),
    /// Imports a file (CSV, NDJSON, XLSX, vCard) into an object
    Import(Import),
    /// Exports an object to a file
    Export(Export),
    /// Writes a verified copy of the database while it is in use
    Backup(Backup),
    /// Puts a backup in place of the database
    Restore(Restore),
    /// Verifies and exports the audit; works beside a running server
    #[command(subcommand)]
    Audit(Audit),
    /// Looks at the configuration, the database and the machine, and says what is wrong
    Doctor(Plain),
    /// Writes the contracts (OpenAPI, errors, configuration) into a folder
    Contracts(Contracts),
}

#[derive(Debug, Args)]
pub struct Plain {
    #[command(flatten)]
    pub settings: Overrides,
}

#[derive(Debug, Args)]
pub struct Up {
    #[command(flatten)]
    pub settings: Overrides,
    /// Loads sample data into an empty workspace: 85 companies, 8,800 deals
    #[arg(long)]
    pub demo: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub settings: Overrides,
    /// Roles of this process
    #[arg(long, value_delimiter = ',', default_values_t = ["api".to_owned(), "worker".to_owned()])]
    pub roles: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Prints a new key alone on standard output
    Create(KeyCreate),
    /// Lists keys; the keys themselves are never shown again
    List(Plain),
    /// Ends a key within two seconds
    Revoke(KeyRevoke),
}

#[derive(Debug, Args)]
pub struct KeyCreate {
    #[command(flatten)]
    pub settings: Overrides,
    /// What the key is for
    #[arg(long)]
    pub name: String,
    /// owner, admin, manager, member, sales, support, finance, marketing, read-only, integration or a role of the space
    #[arg(long)]
    pub role: String,
    /// Whose key it is: the id of a user [default: the owner]
    #[arg(long)]
    pub user: Option<String>,
    /// Name or id of the space [default: live]
    #[arg(long)]
    pub space: Option<String>,
    /// Scopes, separated by commas [default: all that the role may]
    #[arg(long, value_delimiter = ',')]
    pub scopes: Vec<String>,
    /// Days until it expires [default: never]
    #[arg(long)]
    pub days: Option<u32>,
    /// Requests a second that it may send for long; 0 is no limit [default: rate.key_per_second]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub rate_per_second: Option<u32>,
    /// Requests that it may send at once [default: in proportion to its rate]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub burst: Option<u32>,
    /// Requests that it may send in a day of UTC; 0 is no limit [default: rate.key_per_day]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=1_099_511_627_776))]
    pub per_day: Option<u64>,
    /// Requests a second and at once by kind of route: search, bulk, metadata, as search=20:200,bulk=1:5
    #[arg(long, value_name = "KIND=N:BURST,…")]
    pub route_limits: Option<RouteLimits>,
}

#[derive(Debug, Subcommand)]
pub enum Settings {
    /// Prints a setting, or all that the space has of its own
    Get(SettingGet),
    /// Changes a setting; an empty value takes it away, so that the installation's counts
    Set(SettingSet),
}

#[derive(Debug, Args)]
pub struct SettingGet {
    #[command(flatten)]
    pub settings: Overrides,
    /// The setting, as cors_origins
    pub key: Option<String>,
    /// Name or id of the space [default: live]
    #[arg(long)]
    pub space: Option<String>,
}

#[derive(Debug, Args)]
pub struct SettingSet {
    #[command(flatten)]
    pub settings: Overrides,
    /// The setting, as cors_origins
    pub key: String,
    /// Its value, as https://app.example.com
    pub value: String,
    /// Name or id of the space [default: live]
    #[arg(long)]
    pub space: Option<String>,
}

#[derive(Debug, Args)]
pub struct KeyRevoke {
    #[command(flatten)]
    pub settings: Overrides,
    /// The key's id, from `kontor keys list`
    pub id: String,
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walks the chain and says what was changed, removed, inserted or moved; fails when anything was
    Verify(AuditVerify),
    /// Prints the entries as JSON lines, oldest first
    Export(AuditExport),
}

#[derive(Debug, Args)]
pub struct AuditVerify {
    #[command(flatten)]
    pub settings: Overrides,
    /// Name or id of the space [default: all]
    #[arg(long)]
    pub space: Option<String>,
    /// Compares with the end of the chain in this file, and writes the new one when all is well
    #[arg(long, value_name = "FILE")]
    pub head: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct AuditExport {
    #[command(flatten)]
    pub settings: Overrides,
    /// Name or id of the space [default: live]
    #[arg(long)]
    pub space: Option<String>,
    /// The first moment, as 2026-01-31 or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// The moment before which
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Users {
    /// Prints a one-time link for a new password, good for an hour, alone on standard output
    Reset(UserReset),
}

#[derive(Debug, Args)]
pub struct UserReset {
    #[command(flatten)]
    pub settings: Overrides,
    /// The e-mail address that the person signs in with
    pub email: String,
    /// Takes the second factor away as well
    #[arg(long)]
    pub second_factor: bool,
}

/// Where the commands that are clients of the API find it.
#[derive(Debug, Args)]
pub struct Remote {
    /// A running server [default: the one on this data directory, else one of its own for the time it takes]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// API key for --server
    #[arg(long, env = "KONTOR_API_KEY", hide_env_values = true)]
    pub key_token: Option<String>,
}

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    pub settings: Overrides,
    #[command(flatten)]
    pub remote: Remote,
    /// Object (contact) or collection (contacts)
    pub object: String,
    /// File to read
    pub file: PathBuf,
    /// Mapping of columns to fields (JSON)
    #[arg(long, value_name = "MAP.json")]
    pub map: Option<PathBuf>,
    /// Unique field by which rows find their records
    #[arg(long, value_name = "FIELD")]
    pub key: Option<String>,
    /// csv, ndjson, xlsx or vcard [default: by the file's name]
    #[arg(long)]
    pub format: Option<String>,
    /// Checks every row and changes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Writes the result of every row (NDJSON) to this file
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub settings: Overrides,
    #[command(flatten)]
    pub remote: Remote,
    /// Object (contact) or collection (contacts)
    pub object: String,
    /// File to write; its name says the format
    pub file: PathBuf,
    /// csv, ndjson, xlsx or vcard [default: by the file's name]
    #[arg(long)]
    pub format: Option<String>,
    /// Fields, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    pub fields: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    pub settings: Overrides,
    /// File to write; must not exist
    pub to: PathBuf,
}

#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    pub settings: Overrides,
    /// File that `kontor backup` wrote
    pub from: PathBuf,
    /// Replaces a database that is there; it is kept beside as kontor.db.before-restore
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Contracts {
    /// Folder to write to
    pub to: PathBuf,
}
