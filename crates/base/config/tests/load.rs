//! Precedence, errors and secrets of the configuration.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::PathBuf;

use kontor_config::{Config, ConfigError, LogFormat, Overrides};

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.toml"));
    std::fs::write(&path, text).unwrap();
    path
}

fn env(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<Vec<_>>().into_iter()
}

fn from_env(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(None, env(pairs), Overrides::default())
}

fn from_file(name: &str, text: &str) -> Result<Config, ConfigError> {
    Config::load(Some(&file(name, text)), env(&[]), Overrides::default())
}

#[test]
fn nothing_given_is_the_default() {
    assert_eq!(from_env(&[("HOME", "/root"), ("KONTOR_TEST_REQUIRE", "postgres")]).unwrap(), Config::default());
    assert_eq!(from_env(&[("KONTOR_DATABASE_URL", "")]).unwrap(), Config::default());
}

#[test]
fn flags_win_over_environment_over_file() {
    let path = file(
        "precedence",
        "listen = \"127.0.0.1:1\"\ndata = \"from-file\"\n[log]\nlevel = \"warn\"\nformat = \"json\"\n",
    );
    let variables = env(&[("KONTOR_LISTEN", "127.0.0.1:2"), ("KONTOR_LOG_LEVEL", "debug")]);
    let flags = Overrides { listen: Some("127.0.0.1:3".to_owned()), ..Overrides::default() };
    let config = Config::load(Some(&path), variables, flags.with("request.timeout_ms", "5_000")).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.log.level, "debug");
    assert_eq!(config.data, PathBuf::from("from-file"));
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.request.timeout().as_secs(), 5);
    assert_eq!(config.database, Config::default().database);
}

#[test]
fn environment_text_becomes_the_type_of_the_setting() {
    let config = from_env(&[
        ("KONTOR_LIMITS", "off"),
        ("KONTOR_EGRESS_ALLOW", "127.0.0.1/32, 10.0.0.0/8"),
        ("KONTOR_DATABASE_PREPARE", "0"),
        ("KONTOR_DATA", "123"),
        ("KONTOR_DATABASE_POOL_SIZE", "7"),
    ])
    .unwrap();
    assert!(!config.limits && !config.database.prepare);
    assert_eq!(config.egress_allow.len(), 2);
    assert_eq!(config.data, PathBuf::from("123"));
    assert_eq!(config.database.pool_size, 7);
}

#[test]
fn an_unknown_setting_of_the_file_is_refused_with_the_nearest_name() {
    for (name, text, wanted) in [
        ("top", "lisen = \"127.0.0.1:1\"", "lisen (file"),
        ("top2", "lisen = \"127.0.0.1:1\"", "Did you mean `listen`?"),
        ("section", "[databse]\npool_size = 3", "Did you mean `database.pool_size`?"),
        ("moved", "pool_size = 3", "Did you mean `database.pool_size`?"),
        ("strange", "quux = 3", "kontor.default.toml"),
        ("empty", "[quux]", "quux (file"),
        ("inner", "[log]\nlevle = \"info\"", "Did you mean `log.level`?"),
    ] {
        let message = from_file(name, text).unwrap_err().to_string();
        assert!(message.contains(wanted), "{message}");
    }
}

#[test]
fn a_wrong_value_names_setting_source_and_remedy() {
    let path = file("wrong", "limits = 3\n[request]\ntimeout_ms = 0\n");
    let variables = env(&[("KONTOR_LISTEN", "localhost"), ("KONTOR_EGRESS_ALLOW", "10.0.0.0/99")]);
    let flags = Overrides { log_level: Some("loud".to_owned()), ..Overrides::default() };
    let error = Config::load(Some(&path), variables, flags.with("workspace.currency", "XYZ")).unwrap_err();
    let found: Vec<(&str, String)> = error
        .problems
        .iter()
        .map(|p| (p.key.as_str(), p.source.replace(&path.display().to_string(), "PATH")))
        .collect();
    assert_eq!(
        found,
        [
            ("listen", "environment KONTOR_LISTEN".to_owned()),
            ("egress_allow", "environment KONTOR_EGRESS_ALLOW".to_owned()),
            ("limits", "file PATH".to_owned()),
            ("log.level", "flag --log-level".to_owned()),
            ("request.timeout_ms", "file PATH".to_owned()),
            ("workspace.currency", "flag --set workspace.currency".to_owned()),
        ]
    );
    let message = error.to_string();
    assert!(message.contains("`0` is not within 1 to 86400000. Write a whole number from 1 to 86400000."), "{message}");
    assert!(message.contains("`10.0.0.0/99`, which is not a network"), "{message}");
}

#[test]
fn a_slip_in_a_variable_is_refused_and_foreign_ones_are_not() {
    let message = from_env(&[("KONTOR_DATABSE_URL", "postgres://h/db")]).unwrap_err().to_string();
    assert!(message.contains("Did you mean KONTOR_DATABASE_URL?"), "{message}");
    assert!(from_env(&[("KONTOR_ROLES", "api")]).is_ok());
    let message = Config::load(None, env(&[]), Overrides::default().with("log.levl", "x")).unwrap_err().to_string();
    assert!(message.contains("Did you mean `log.level`?"), "{message}");
}

#[test]
fn a_file_that_is_missing_or_not_toml_is_named() {
    let missing = PathBuf::from("/nowhere/kontor.toml");
    let message = Config::load(Some(&missing), env(&[]), Overrides::default()).unwrap_err().to_string();
    assert!(message.contains("/nowhere/kontor.toml"), "{message}");
    let message = from_file("broken", "database_url = postgres://kontor:s3cret@db").unwrap_err().to_string();
    assert!(message.contains("is not TOML") && message.contains("line 1") && !message.contains("s3cret"), "{message}");
}

#[test]
fn secrets_are_in_no_message() {
    let config = from_env(&[
        ("KONTOR_DATABASE_URL", "postgres://kontor:s3cret@db/kontor"),
        ("KONTOR_BROKER_URL", "amqp://guest:s3cret@mq"),
    ])
    .unwrap();
    let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
    assert!(shown.contains("postgres://kontor:***@db/kontor") && !shown.contains("s3cret"), "{shown}");
    assert_eq!(config.database_url.unwrap().expose(), "postgres://kontor:s3cret@db/kontor");

    for wrong in
        ["mysql://kontor:s3cret@db/kontor", "kontor:s3cret@db", "postgres://kontor:s3 cret@db", "sqlite://s3cret"]
    {
        let error = from_env(&[("KONTOR_DATABASE_URL", wrong)]).unwrap_err();
        let message = format!("{error} {error:?}");
        assert!(
            message.contains("postgres://") && (wrong.starts_with("sqlite") || !message.contains("s3cret")),
            "{message}"
        );
    }
}
