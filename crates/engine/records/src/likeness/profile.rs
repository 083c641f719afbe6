//! What of each object is compared, with the probabilities of its agreements.
//!
//! `m` and `u` are estimates for business records: `u` of a name from the frequency of common surnames, of numbers and
//! addresses from how many records share them without being the same. An EM estimate over a workspace's own records
//! would replace the table and nothing else.

use kontor_linkage::{Aspect, Grade, Kind, Level};

/// `log2` of the odds that two records of a workspace are the same: 1 in 4,096.
pub const PRIOR: f64 = -12.0;

/// What a key is made of. Records that share one are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Email(&'static str),
    Phone(&'static str),
    Domain(&'static str),
    Tax(&'static str),
    /// First and last name.
    Person(&'static str, &'static str),
    Firm(&'static str),
    /// Postal code and street.
    Place(&'static str, &'static str),
}

/// A side of a record that is compared: the best agreement of any of its fields.
pub struct Side {
    pub paths: &'static [&'static str],
    pub aspect: Aspect,
    /// Agreement to the letter may refuse a new record.
    pub identifies: bool,
    /// Records whose names differ are not refused, whatever else agrees: they may share a desk.
    pub names: bool,
}

pub struct Profile {
    pub object: &'static str,
    pub sides: &'static [Side],
    pub keys: &'static [Key],
}

pub fn of(object: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.object == object)
}

const fn grade(level: Level, m: f64, u: f64) -> Grade {
    Grade::new(level, m, u)
}

use Level::{Close, Differs, Exact, Near};

const FIRST: &[Grade] =
    &[grade(Exact, 0.75, 0.01), grade(Close, 0.1, 0.005), grade(Near, 0.05, 0.01), grade(Differs, 0.1, 0.975)];
const LAST: &[Grade] =
    &[grade(Exact, 0.82, 0.005), grade(Close, 0.08, 0.003), grade(Near, 0.05, 0.01), grade(Differs, 0.05, 0.982)];
const EMAIL: &[Grade] =
    &[grade(Exact, 0.7, 0.000_01), grade(Close, 0.1, 0.005), grade(Near, 0.1, 0.02), grade(Differs, 0.1, 0.975)];
const PHONE: &[Grade] = &[grade(Exact, 0.7, 0.000_2), grade(Differs, 0.3, 0.999_8)];
const CITY: &[Grade] =
    &[grade(Exact, 0.85, 0.05), grade(Close, 0.04, 0.01), grade(Near, 0.01, 0.01), grade(Differs, 0.1, 0.93)];
const COUNTRY: &[Grade] = &[grade(Exact, 0.97, 0.3), grade(Differs, 0.03, 0.7)];
const BIRTHDAY: &[Grade] =
    &[grade(Exact, 0.9, 0.000_1), grade(Close, 0.03, 0.000_5), grade(Near, 0.03, 0.003), grade(Differs, 0.04, 0.996)];
const REFERENCE: &[Grade] = &[grade(Exact, 0.7, 0.01), grade(Differs, 0.3, 0.99)];
const FIRM: &[Grade] =
    &[grade(Exact, 0.7, 0.000_5), grade(Close, 0.15, 0.002), grade(Near, 0.05, 0.01), grade(Differs, 0.1, 0.987)];
/// Of customers: unique, so that many differ in little.
const PARTY: &[Grade] =
    &[grade(Exact, 0.75, 0.000_5), grade(Close, 0.1, 0.005), grade(Near, 0.05, 0.015), grade(Differs, 0.1, 0.979_5)];
/// Of customers: required, so that some have any.
const MOBILE: &[Grade] = &[grade(Exact, 0.7, 0.001), grade(Differs, 0.3, 0.999)];
const DOMAIN: &[Grade] = &[grade(Exact, 0.8, 0.000_01), grade(Differs, 0.2, 0.999_99)];
const POSTAL: &[Grade] = &[grade(Exact, 0.8, 0.01), grade(Differs, 0.2, 0.99)];
const STREET: &[Grade] =
    &[grade(Exact, 0.6, 0.001), grade(Close, 0.2, 0.005), grade(Near, 0.05, 0.01), grade(Differs, 0.15, 0.984)];
const TAX: &[Grade] = &[grade(Exact, 0.9, 0.000_01), grade(Differs, 0.1, 0.999_99)];

const fn side(paths: &'static [&'static str], kind: Kind, grades: &'static [Grade]) -> Side {
    Side { paths, aspect: Aspect { kind, grades, typical: None }, identifies: false, names: false }
}

impl Side {
    /// Agreement weighs more when few have the value.
    const fn typically(mut self, count: f64) -> Self {
        self.aspect.typical = Some(count);
        self
    }

    /// What it is called by: records that differ in it are not refused.
    const fn naming(mut self, typical: f64) -> Self {
        self.names = true;
        self.typically(typical)
    }

    /// One record has it, as a rule: agreement may refuse a new record.
    const fn identifying(mut self) -> Self {
        self.aspect.typical = Some(1.0);
        self.identifies = true;
        self
    }
}

const PROFILES: &[Profile] = &[
    Profile {
        object: "contact",
        sides: &[
            side(&["first_name"], Kind::Name, FIRST),
            side(&["last_name"], Kind::Name, LAST).naming(25.0),
            side(&["email"], Kind::Email, EMAIL).identifying(),
            side(&["phone", "mobile_phone"], Kind::Phone, PHONE).identifying(),
            side(&["company_id"], Kind::Same, REFERENCE),
            side(&["city"], Kind::Name, CITY),
            side(&["country"], Kind::Same, COUNTRY),
            side(&["birthday"], Kind::Date, BIRTHDAY),
        ],
        keys: &[
            Key::Email("email"),
            Key::Phone("phone"),
            Key::Phone("mobile_phone"),
            Key::Person("first_name", "last_name"),
        ],
    },
    Profile {
        object: "lead",
        sides: &[
            side(&["first_name"], Kind::Name, FIRST),
            side(&["last_name"], Kind::Name, LAST).naming(25.0),
            side(&["email"], Kind::Email, EMAIL).identifying(),
            side(&["phone"], Kind::Phone, PHONE).identifying(),
            side(&["company_name"], Kind::Company, FIRM),
            side(&["city"], Kind::Name, CITY),
            side(&["country"], Kind::Same, COUNTRY),
        ],
        keys: &[Key::Email("email"), Key::Phone("phone"), Key::Person("first_name", "last_name")],
    },
    Profile {
        object: "company",
        sides: &[
            side(&["name"], Kind::Company, FIRM).naming(2.0),
            side(&["domain", "website"], Kind::Domain, DOMAIN).identifying(),
            side(&["phone"], Kind::Phone, PHONE).identifying(),
            side(&["city", "billing_city"], Kind::Name, CITY),
            side(&["country", "billing_country"], Kind::Same, COUNTRY),
            side(&["billing_postal_code"], Kind::Code, POSTAL),
            side(&["billing_street"], Kind::Street, STREET),
        ],
        keys: &[
            Key::Domain("domain"),
            Key::Domain("website"),
            Key::Phone("phone"),
            Key::Firm("name"),
            Key::Place("billing_postal_code", "billing_street"),
        ],
    },
    Profile {
        object: "customer",
        sides: &[
            side(&["name"], Kind::Company, PARTY).naming(2.0),
            side(&["email"], Kind::Email, EMAIL).identifying(),
            side(&["mobile"], Kind::Phone, MOBILE).identifying(),
            side(&["tax_id"], Kind::Code, TAX).identifying(),
            side(&["company_id"], Kind::Same, REFERENCE),
            side(&["contact_id"], Kind::Same, REFERENCE),
        ],
        keys: &[Key::Email("email"), Key::Phone("mobile"), Key::Tax("tax_id"), Key::Firm("name")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compared_object_has_a_profile() {
        assert!(super::super::COMPARED.iter().all(|object| of(object).is_some()));
        assert_eq!(PROFILES.len(), super::super::COMPARED.len());
    }

    #[test]
    fn probabilities_add_up_to_one() {
        for (profile, side) in PROFILES.iter().flat_map(|p| p.sides.iter().map(move |s| (p, s))) {
            let sum = |of: fn(&Grade) -> f64| side.aspect.grades.iter().map(of).sum::<f64>();
            let (m, u) = (sum(|g| g.m), sum(|g| g.u));
            let what = format!("{} {:?}: m {m}, u {u}", profile.object, side.paths);
            assert!((m - 1.0).abs() < 0.001 && (u - 1.0).abs() < 0.01, "{what}");
        }
    }

    #[test]
    fn better_agreement_weighs_more() {
        for side in PROFILES.iter().flat_map(|p| p.sides) {
            let weights: Vec<f64> = side.aspect.grades.iter().map(Grade::weight).collect();
            assert!(weights.windows(2).all(|pair| pair[0] > pair[1]), "{:?}: {weights:?}", side.paths);
        }
    }

    #[test]
    fn what_identifies_is_found_by_a_key() {
        for profile in PROFILES {
            for path in profile.sides.iter().filter(|s| s.identifies).flat_map(|s| s.paths) {
                let found = profile.keys.iter().any(|key| match key {
                    Key::Email(p) | Key::Phone(p) | Key::Domain(p) | Key::Tax(p) => p == path,
                    _ => false,
                });
                assert!(found, "{}.{path}", profile.object);
            }
        }
    }
}
