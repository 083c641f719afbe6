//! What a setting may hold: how its text is read, checked and explained.

use std::net::SocketAddr;

use figment::value::Value;

use crate::{Cidr, SecretUrl};

/// The kind of value of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Path,
    /// `address:port`.
    Socket,
    /// `true` or `false`; `on`, `off`, `yes`, `no`, `1`, `0` in the environment and in flags.
    Switch,
    /// A whole number, bounds included.
    Number {
        min: u64,
        max: u64,
    },
    /// A URL with one of these schemes.
    Url(&'static [&'static str]),
    /// An e-mail address, with or without a name before it (RFC 5322, 3.4).
    Mailbox,
    /// 64 hexadecimal digits that are shown nowhere.
    Secret,
    /// A list of networks.
    Cidrs,
    /// A list of host names.
    Domains,
    /// A host name, or a part of one.
    Domain,
    /// An e-mail address.
    Email,
    Choice(&'static [&'static str]),
    /// A name in the database: `[a-z0-9_]`, at most 63.
    Name,
    /// `level` or `level,module=level,…` with the levels off, error, warn, info, debug, trace.
    LogLevel,
    /// ISO 3166-1 alpha-2, capitals.
    Region,
    /// ISO 4217, capitals.
    Currency,
    /// IANA time zone name.
    TimeZone,
    /// RFC 3339 date-time.
    Moment,
}

const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];

impl Kind {
    /// Text from the environment or a flag as a value of this kind; text that does not fit stays text, for
    /// [`Kind::check`] to refuse.
    pub(crate) fn read(self, text: &str) -> Value {
        let text = text.trim();
        match self {
            Self::Switch => match text.to_ascii_lowercase().as_str() {
                "on" | "true" | "yes" | "1" => Value::from(true),
                "off" | "false" | "no" | "0" => Value::from(false),
                _ => Value::from(text),
            },
            Self::Number { .. } => text.replace('_', "").parse::<u64>().map_or_else(|_| Value::from(text), Value::from),
            Self::Cidrs | Self::Domains => {
                let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
                Value::from(parts)
            }
            _ => Value::from(text),
        }
    }

    /// Whether the value fits; the error is what is wrong with it.
    pub(crate) fn check(self, value: &Value) -> Result<(), String> {
        match self {
            Self::Switch => value.to_bool().map(drop).ok_or_else(|| "is neither true nor false".to_owned()),
            Self::Number { min, max } => match number(value) {
                Some(n) if (i128::from(min)..=i128::from(max)).contains(&n) => Ok(()),
                Some(_) => Err(format!("is not within {min} to {max}")),
                None => Err("is not a whole number".to_owned()),
            },
            Self::Cidrs => {
                let list = value.as_array().ok_or("is not a list")?;
                list.iter().try_for_each(|item| text(item)?.parse::<Cidr>().map(drop))
            }
            Self::Domains => {
                let list = value.as_array().ok_or("is not a list")?;
                list.iter().try_for_each(|item| match is_domain(text(item)?) {
                    true => Ok(()),
                    false => Err("has an entry that is no host name".to_owned()),
                })
            }
            _ => self.check_text(text(value)?),
        }
    }

    fn check_text(self, text: &str) -> Result<(), String> {
        let refuse_unless = |fits: bool, why: &str| if fits { Ok(()) } else { Err(why.to_owned()) };
        match self {
            Self::Path => refuse_unless(!text.is_empty(), "is empty"),
            Self::Socket => refuse_unless(text.parse::<SocketAddr>().is_ok(), "is not an address and a port"),
            Self::Url(schemes) => {
                let url = SecretUrl::parse(text)?;
                refuse_unless(schemes.contains(&url.scheme()), "has a scheme that is not known here")
            }
            Self::Secret => crate::SecretText::parse(text).map(drop),
            Self::Mailbox => {
                let fits = text.contains('@') && !text.chars().any(char::is_control) && text.len() <= 320;
                refuse_unless(fits, "is no e-mail address")
            }
            Self::Choice(words) => refuse_unless(words.contains(&text), "is not one of the allowed words"),
            Self::Name => {
                let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                refuse_unless((1..=63).contains(&text.len()) && text.bytes().all(fits), "is not a name")
            }
            Self::LogLevel => refuse_unless(text.split(',').all(is_level), "is not a log level"),
            Self::Region => {
                let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
                refuse_unless(fits, "is not a country code")
            }
            Self::Currency => {
                refuse_unless(iso_currency::Currency::from_code(text).is_some(), "is not a currency code")
            }
            Self::TimeZone => refuse_unless(jiff::tz::TimeZone::get(text).is_ok(), "is not a known time zone"),
            Self::Moment => refuse_unless(text.parse::<jiff::Timestamp>().is_ok(), "is no moment"),
            Self::Domain => {
                let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
                refuse_unless((1..=253).contains(&text.len()) && text.bytes().all(fits), "is not a name of the DNS")
            }
            Self::Email => {
                let fits = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && is_domain(host));
                refuse_unless(fits, "is not an e-mail address")
            }
            Self::Switch | Self::Number { .. } | Self::Cidrs | Self::Domains => Ok(()),
        }
    }

    /// What to write instead, as a sentence.
    #[must_use]
    pub fn remedy(self) -> String {
        match self {
            Self::Path => "Write a path, as ./data.".to_owned(),
            Self::Socket => "Write 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080.".to_owned(),
            Self::Switch => "Write true or false (in the environment also on or off).".to_owned(),
            Self::Number { min, max } => format!("Write a whole number from {min} to {max}."),
            Self::Url(schemes) => format!("Write a URL that starts with {}://.", schemes.join(":// or ")),
            Self::Mailbox => "Write an address, as CRM <crm@example.com>.".to_owned(),
            Self::Secret => "Write 64 random hexadecimal digits, as `openssl rand -hex 32` gives.".to_owned(),
            Self::Cidrs => {
                "Write networks as [\"10.0.0.0/8\", \"::1/128\"] (in the environment 10.0.0.0/8,::1/128).".to_owned()
            }
            Self::Domains => {
                "Write names as [\"crm.example.com\"] (in the environment crm.example.com,b.example.com).".to_owned()
            }
            Self::Domain => "Write a name of the DNS, as example.com.".to_owned(),
            Self::Email => "Write an address, as ops@example.com.".to_owned(),
            Self::Choice(words) => format!("Write {}.", words.join(" or ")),
            Self::Name => "Write a name of at most 63 of a-z, 0-9 and _.".to_owned(),
            Self::LogLevel => format!("Write {}, or \"info,kontor_http=debug\".", LEVELS.join(", ")),
            Self::Region => "Write two capital letters of ISO 3166-1, as CN or DE.".to_owned(),
            Self::Currency => "Write three capital letters of ISO 4217, as CNY or EUR.".to_owned(),
            Self::Moment => "Write a moment of RFC 3339, as 2027-06-30T00:00:00Z.".to_owned(),
            Self::TimeZone => "Write an IANA name, as Asia/Shanghai, Europe/Berlin or UTC.".to_owned(),
        }
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "is not text".to_owned())
}

/// A whole number of either sign; figment keeps signed and unsigned apart.
pub(crate) fn number(value: &Value) -> Option<i128> {
    value.to_i128().or_else(|| value.to_u128().and_then(|n| i128::try_from(n).ok()))
}

/// A host name of letters, digits and hyphens (RFC 1123, 2.1).
fn is_domain(name: &str) -> bool {
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(fits)
}

fn is_level(part: &str) -> bool {
    let (module, level) = part.split_once('=').unwrap_or(("kontor", part));
    let module_fits = !module.is_empty() && module.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
    module_fits && LEVELS.contains(&level)
}
