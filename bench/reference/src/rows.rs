//! Contacts out of a number: `contact(n)` is always the same row, on every machine.
//!
//! Proportions are chosen for the questions that the benchmark asks: 40 cities, so that a page by city stands in front of 2.5 % of all
//! rows; 19,683 last names, so that a word search finds about 50 of a million; every e-mail, phone and external id is used once.

use serde::{Deserialize, Serialize};

/// The fifteen fields of a benchmark contact, named as the product names them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Contact {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: String,
    pub title: String,
    pub company_name: String,
    pub department: String,
    pub city: String,
    pub country: String,
    pub lifecycle_stage: String,
    pub birthday: String,
    pub do_not_call: bool,
    pub do_not_email: bool,
    pub tags: Vec<String>,
    pub external_id: String,
}

pub const STAGES: [&str; 7] = ["subscriber", "lead", "qualified", "opportunity", "customer", "evangelist", "other"];

/// City and ISO 3166-1 country. ASCII without spaces: the names go into request lines as they are.
pub const CITIES: [(&str, &str); 40] = [
    ("Berlin", "DE"),
    ("Hamburg", "DE"),
    ("Leipzig", "DE"),
    ("Dresden", "DE"),
    ("Bremen", "DE"),
    ("Vienna", "AT"),
    ("Graz", "AT"),
    ("Linz", "AT"),
    ("Basel", "CH"),
    ("Bern", "CH"),
    ("Geneva", "CH"),
    ("Paris", "FR"),
    ("Lyon", "FR"),
    ("Nantes", "FR"),
    ("Lille", "FR"),
    ("Madrid", "ES"),
    ("Bilbao", "ES"),
    ("Sevilla", "ES"),
    ("Lisbon", "PT"),
    ("Porto", "PT"),
    ("Rome", "IT"),
    ("Milan", "IT"),
    ("Turin", "IT"),
    ("London", "GB"),
    ("Leeds", "GB"),
    ("Bristol", "GB"),
    ("Dublin", "IE"),
    ("Oslo", "NO"),
    ("Bergen", "NO"),
    ("Stockholm", "SE"),
    ("Malmo", "SE"),
    ("Helsinki", "FI"),
    ("Tampere", "FI"),
    ("Warsaw", "PL"),
    ("Gdansk", "PL"),
    ("Prague", "CZ"),
    ("Boston", "US"),
    ("Chicago", "US"),
    ("Toronto", "CA"),
    ("Tokyo", "JP"),
];

const FIRST: [&str; 48] = [
    "Anna", "Ben", "Clara", "David", "Elena", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Karla", "Leo", "Mara",
    "Nils", "Olga", "Paul", "Rosa", "Simon", "Thea", "Uwe", "Vera", "Wim", "Xenia", "Yusuf", "Zoe", "Arthur", "Bianca",
    "Cyril", "Dana", "Emil", "Fiona", "Georg", "Hanna", "Ivan", "Julia", "Kurt", "Lara", "Milo", "Nora", "Oscar",
    "Petra", "Quentin", "Rita", "Sven", "Tara", "Ugo", "Viola", "Walter",
];
const SYLLABLES: [&str; 27] = [
    "bar", "ben", "cor", "dal", "der", "fel", "gar", "han", "hof", "jan", "kel", "kor", "lan", "lin", "mar", "mei",
    "nor", "pel", "rad", "ros", "sal", "sten", "tal", "tor", "ver", "wal", "zim",
];
const TITLES: [&str; 10] = [
    "Account Manager",
    "Head of Sales",
    "Engineer",
    "Buyer",
    "Chief Financial Officer",
    "Office Manager",
    "Consultant",
    "Director of Operations",
    "Product Owner",
    "Analyst",
];
const TRADES: [&str; 8] = ["Logistics", "Software", "Foods", "Energy", "Textiles", "Optics", "Mobility", "Partners"];
const DEPARTMENTS: [&str; 6] = ["Sales", "Purchasing", "Finance", "Research and Development", "Operations", "Support"];
const TAGS: [&str; 8] = ["newsletter", "trade-fair", "vip", "partner", "trial", "inbound", "renewal", "webinar"];

/// SplitMix64: enough mixing for test data in four lines, and the same sequence for ever.
pub struct Mix(pub u64);

impl Mix {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(1).max(1);
        usize::try_from(self.number() % n).unwrap_or(0)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T], otherwise: &'a T) -> &'a T {
        let at = self.below(from.len());
        from.get(at).unwrap_or(otherwise)
    }

    fn word(&mut self, from: &'static [&'static str]) -> &'static str {
        let at = self.below(from.len());
        from.get(at).copied().unwrap_or_default()
    }
}

/// One of 19,683 last names; also the words of the search scenario.
pub fn last_name(mix: &mut Mix) -> String {
    let mut name = [mix.word(&SYLLABLES), mix.word(&SYLLABLES), mix.word(&SYLLABLES)].concat();
    if let Some(head) = name.get_mut(0..1) {
        head.make_ascii_uppercase();
    }
    name
}

/// The row with number `n`.
pub fn contact(n: u64) -> Contact {
    let mut mix = Mix(n);
    let first_name = mix.word(&FIRST);
    let last_name = last_name(&mut mix);
    let (city, country) = *mix.pick(&CITIES, &("Berlin", "DE"));
    let tags = (0..=mix.below(3)).map(|_| mix.word(&TAGS)).collect::<std::collections::BTreeSet<_>>();
    let email = format!(
        "{}.{}.{n}@{}.example",
        first_name.to_ascii_lowercase(),
        last_name.to_ascii_lowercase(),
        mix.word(&SYLLABLES)
    );
    Contact {
        email,
        phone: format!("+49151{:08}", n % 100_000_000),
        title: mix.word(&TITLES).to_owned(),
        company_name: format!(
            "{} {} {}",
            mix.word(&SYLLABLES).to_ascii_uppercase(),
            mix.word(&TRADES),
            mix.below(1_000)
        ),
        department: mix.word(&DEPARTMENTS).to_owned(),
        city: city.to_owned(),
        country: country.to_owned(),
        lifecycle_stage: mix.word(&STAGES).to_owned(),
        birthday: format!("{:04}-{:02}-{:02}", 1950 + mix.below(55), 1 + mix.below(12), 1 + mix.below(28)),
        do_not_call: mix.below(10) == 0,
        do_not_email: mix.below(8) == 0,
        tags: tags.into_iter().map(str::to_owned).collect(),
        external_id: format!("bench-{n}"),
        first_name: first_name.to_owned(),
        last_name,
    }
}

/// When seeded row `n` was created, in Unix milliseconds: one a second, so that newest first has an exact order.
pub fn seeded_at(n: u64) -> i64 {
    1_700_000_000_000 + i64::try_from(n).unwrap_or(0) * 1_000
}

/// The id of seeded row `n` on the reference, of the product's shape: milliseconds above 18 bits of node and sequence.
pub fn seeded_id(n: u64) -> i64 {
    seeded_at(n) << 18
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_depends_on_its_number_only() {
        let (one, again, other) = (contact(7), contact(7), contact(8));
        assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&again).unwrap());
        assert_ne!(one.email, other.email);
        assert_eq!(one.phone, "+4915100000007");
    }

    #[test]
    fn seeded_ids_have_eighteen_digits() {
        assert_eq!(seeded_id(0).to_string().len(), 18);
        assert!(seeded_id(1) > seeded_id(0));
    }
}
