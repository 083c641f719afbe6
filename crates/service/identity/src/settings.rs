//! What a space sets for itself: a closed list of settings over those of the installation.

use kontor_model::{Allowance, Error, ErrorCode, Kind, Result, Settings, SpaceId, Value, field};
use kontor_outbox::OUTBOUND_MAIL;
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, Select, Set, Store, Write};
use serde_json::Value as J;

/// Requests a second and bursts.
const RATE_MAX: u64 = 100_000;
const DAY_MAX: u64 = 1 << 40;
const LONGEST_ORIGIN: usize = 255;

const PUBLIC_FORMS: &str = "public_forms";

/// Every setting that a space can have, with what it is.
pub const KEYS: &[(&str, &str)] = &[
    ("mobile_region", "country whose mobile number format customers must have, as CN"),
    ("phone_region", "country of a telephone number without a country code, as DE"),
    ("currency", "currency of amounts that name none, as EUR"),
    ("time_zone", "time zone of days and months, as Europe/Berlin"),
    ("cors_origins", "origins whose pages may call the API, separated by commas, or *"),
    ("key_per_second", "requests a second of each of its keys; 0 is no limit"),
    ("key_burst", "requests at once of each of its keys"),
    ("key_per_day", "requests a day of each of its keys; 0 is no limit"),
    ("space_per_second", "requests a second of all its keys together; 0 is no limit"),
    ("space_burst", "requests at once of all its keys together"),
    (PUBLIC_FORMS, "whether its forms may be filled in by everybody who has their link: on or off"),
    (OUTBOUND_MAIL, "whether its mail leaves the house: on or off; off in a sandbox"),
];

/// The settings of a space that are its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnSettings(serde_json::Map<String, J>);

impl OwnSettings {
    /// From the stored JSON; what is none counts as nothing set.
    pub fn parse(json: &str) -> Self {
        Self(serde_json::from_str(json).unwrap_or_default())
    }

    fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).and_then(J::as_str).map(str::to_owned)
    }

    fn number<N: TryFrom<u64>>(&self, key: &str) -> Option<N> {
        self.0.get(key).and_then(J::as_u64).and_then(|n| N::try_from(n).ok())
    }

    /// Over the installation's.
    pub fn settings(&self, defaults: &Settings) -> Settings {
        Settings {
            mobile_region: self.text("mobile_region").unwrap_or_else(|| defaults.mobile_region.clone()),
            phone_region: self.text("phone_region").or_else(|| defaults.phone_region.clone()),
            currency: self.text("currency").unwrap_or_else(|| defaults.currency.clone()),
            time_zone: self.text("time_zone").unwrap_or_else(|| defaults.time_zone.clone()),
            cors_origins: self.origins().map(str::to_owned).collect(),
            public_forms: self.text(PUBLIC_FORMS).map_or(defaults.public_forms, |text| text == "on"),
        }
    }

    /// Origins whose pages may call the API; `*` is any.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.0.get("cors_origins").and_then(J::as_array).into_iter().flatten().filter_map(J::as_str)
    }

    /// What each key of the space may ask for.
    pub fn key_allowance(&self) -> Allowance {
        Allowance {
            per_second: self.number("key_per_second"),
            burst: self.number("key_burst"),
            per_day: self.number("key_per_day"),
            ..Allowance::default()
        }
    }

    /// What all its keys together may ask for.
    pub fn space_allowance(&self) -> Allowance {
        Allowance {
            per_second: self.number("space_per_second"),
            burst: self.number("space_burst"),
            ..Allowance::default()
        }
    }

    /// The value as it is written on the command line; none when the space has none of its own.
    pub fn shown(&self, key: &str) -> Option<String> {
        Some(match self.0.get(key)? {
            J::String(text) => text.clone(),
            J::Array(items) => items.iter().filter_map(J::as_str).collect::<Vec<_>>().join(","),
            other => other.to_string(),
        })
    }

    /// Sets a setting from text; an empty one takes it away, so that the installation's counts.
    ///
    /// # Errors
    /// 400000 for an unknown setting or a value that does not fit.
    pub fn set(&mut self, key: &str, text: &str) -> Result<()> {
        let text = text.trim();
        if !KEYS.iter().any(|(known, _)| *known == key) {
            let names: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
            return Err(wrong(format!("there is no setting {key}; there are: {}", names.join(", "))));
        }
        if text.is_empty() {
            self.0.remove(key);
            return Ok(());
        }
        let value = match key {
            "mobile_region" | "phone_region" => one_of(key, text, field::countries().any(|c| c == text))?,
            "currency" => one_of(key, text, field::currencies().any(|c| c == text))?,
            OUTBOUND_MAIL | PUBLIC_FORMS => one_of(key, text, ["on", "off"].contains(&text))?,
            "time_zone" => one_of(key, text, kontor_model::time::is_zone(text))?,
            "cors_origins" => {
                let origins: Vec<&str> = text.split(',').map(str::trim).filter(|o| !o.is_empty()).collect();
                if let Some(bad) = origins.iter().find(|origin| !is_origin(origin)) {
                    return Err(wrong(format!(
                        "cors_origins: {bad} is no origin; write https://app.example.com (scheme, host and port only), or *"
                    )));
                }
                serde_json::json!(origins)
            }
            _ => {
                let max = if key == "key_per_day" { DAY_MAX } else { RATE_MAX };
                let number = text.parse::<u64>().ok().filter(|n| *n <= max);
                J::from(number.ok_or_else(|| wrong(format!("{key}: write a whole number from 0 to {max}")))?)
            }
        };
        self.0.insert(key.to_owned(), value);
        Ok(())
    }
}

fn wrong(detail: String) -> Error {
    Error::new(ErrorCode::Malformed, detail)
}

fn one_of(key: &str, text: &str, fits: bool) -> Result<J> {
    if fits { Ok(J::from(text)) } else { Err(wrong(format!("{key}: {text} is not known"))) }
}

/// As browsers send it (RFC 6454, 6.2): scheme, host and a port that is not the scheme's own, in lower case.
fn is_origin(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let is_scheme = !scheme.is_empty()
        && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
    let is_host = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._:[]".contains(&b);
    is_scheme && !rest.is_empty() && text.len() <= LONGEST_ORIGIN && rest.bytes().all(is_host)
}

/// Changes a setting of a space.
///
/// # Errors
/// As [`OwnSettings::set`]; 404001 for a space that there is not; the database's.
pub async fn change(store: &dyn Store, space: SpaceId, key: &str, text: &str) -> Result<()> {
    let mut own = crate::spaces::own_settings(store, space).await?;
    own.set(key, text)?;
    let mut batch = Batch::new(INSTALLATION);
    batch.writes.push(Write::Update {
        table: system::SPACE.into(),
        keys: vec![system::key("id", Kind::Int, space.0)],
        set: vec![(ColumnRef::new("settings", Kind::Json), Set::To(Value::Json(J::Object(own.0).to_string())))],
        must: true,
        search: None,
    });
    match store.commit(batch).await {
        Ok(()) => Ok(()),
        Err(CommitError::Guard { .. }) => Err(Error::not_found()),
        Err(CommitError::Store(error)) => Err(error.into()),
        Err(other) => Err(Error::internal(other)),
    }
}

/// What all spaces have set.
///
/// # Errors
/// The database's.
pub async fn of_all_spaces(store: &dyn Store) -> Result<Vec<OwnSettings>> {
    let select = Select::new(INSTALLATION, system::SPACE, vec![Expr::column("settings", Kind::Json)]);
    let rows = store.rows(select).await?;
    Ok(rows.iter().map(|row| OwnSettings::parse(row.first().and_then(Value::as_str).unwrap_or_default())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_goes_before_the_installations() {
        let mut own = OwnSettings::parse("{}");
        assert_eq!(own.settings(&Settings::default()), Settings::default());
        for (key, text) in [
            ("currency", "CHF"),
            ("cors_origins", "https://app.example.com, http://localhost:5173"),
            ("key_per_second", "20"),
            ("key_per_day", "0"),
            ("space_burst", "7"),
        ] {
            own.set(key, text).unwrap();
        }
        let settings = own.settings(&Settings::default());
        assert_eq!(settings.currency, "CHF");
        assert_eq!(settings.cors_origins, ["https://app.example.com", "http://localhost:5173"]);
        assert_eq!(own.key_allowance(), Allowance { per_second: Some(20), per_day: Some(0), ..Allowance::default() });
        assert_eq!(own.space_allowance().burst, Some(7));
        assert_eq!(own.shown("cors_origins").unwrap(), "https://app.example.com,http://localhost:5173");
        own.set("currency", "").unwrap();
        assert_eq!((own.shown("currency"), own.shown("key_per_second")), (None, Some("20".into())));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut own = OwnSettings::default();
        for (key, text) in [
            ("colour", "red"),
            ("currency", "XXY"),
            ("time_zone", "Mars/Olympus"),
            ("mobile_region", "cn"),
            ("outbound_mail", "yes"),
            ("key_per_second", "-1"),
            ("key_per_second", "ten"),
            ("space_per_second", "100001"),
            ("cors_origins", "app.example.com"),
            ("cors_origins", "https://app.example.com/"),
            ("cors_origins", "https://App.example.com"),
            ("cors_origins", "https://a.example,null"),
            ("cors_origins", "https://*.example.com"),
        ] {
            assert!(own.set(key, text).is_err(), "{key} {text}");
        }
        assert_eq!(own, OwnSettings::default());
        for origin in ["*", "http://127.0.0.1:3000", "https://[::1]:8443", "chrome-extension://abcdef"] {
            own.set("cors_origins", origin).unwrap();
        }
    }
}
