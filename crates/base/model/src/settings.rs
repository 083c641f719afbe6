//! What a workspace decides about how its values are read.

/// Settings that checks of values depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Country whose mobile numbers a customer must have, ISO 3166-1 alpha-2; `CN` asks for 11 digits.
    pub mobile_region: String,
    /// Country that a phone number without `+` is read in, when the record names none.
    pub phone_region: Option<String>,
    /// ISO 4217 code that money has when none is sent.
    pub currency: String,
    /// IANA name; days begin and end in it.
    pub time_zone: String,
    /// Origins whose pages may call the API from a browser: exact ones, or `*`.
    pub cors_origins: Vec<String>,
    /// Whether its forms may be filled in by everybody who has their link.
    pub public_forms: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mobile_region: "CN".into(),
            phone_region: None,
            currency: "EUR".into(),
            time_zone: "UTC".into(),
            cors_origins: Vec::new(),
            public_forms: false,
        }
    }
}
