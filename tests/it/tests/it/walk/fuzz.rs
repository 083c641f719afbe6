//! The walk's questions, taken apart and put together by chance. `KONTOR_FAULTS_ROUNDS` says how many pairs of them:
//! `make walk` asks 100,000 requests.

use kontor_testkit::{Backend, both_alone};
use serde_json::{Value, json};

use super::pair::Answers;
use super::probe::{Body, Probe, Who};
use super::tenants::House;

both_alone!(chance_finds_nothing_of_another_workspace);

/// Pairs of requests in the suite.
const FEW: usize = 1_000;

/// The same questions at every run, so that one that fails can be told again; `KONTOR_TEST_SEED` gives others.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed: u64 = std::env::var("KONTOR_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end` (xorshift64*).
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or_default() % end
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

async fn chance_finds_nothing_of_another_workspace(backend: Backend) {
    let house = House::new(backend).await;
    let names: Vec<String> = house.other.names.keys().filter(|name| *name != "basic").cloned().collect();
    let rounds = std::env::var("KONTOR_FAULTS_ROUNDS").ok().and_then(|text| text.parse::<usize>().ok());
    let rounds = rounds.map_or(FEW, |rounds| (rounds * 50).clamp(FEW, 60_000));
    let mut chance = Chance::new();
    let (mut restless, mut faults) = (0, Vec::new());
    for _ in 0..rounds {
        let probe = mutated(&mut chance, &house.probes, &names);
        match house.pair.ask(&house.own.caller, &probe).await {
            Ok(Answers::Same) => {}
            Ok(Answers::Restless) => restless += 1,
            Err(fault) => faults.push(fault.chars().take(2_500).collect::<String>()),
        }
        assert!(faults.len() < 10, "{}", faults.join("\n\n"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(restless * 20 < rounds, "{restless} of {rounds} answers are never the same");
    house.is_as_before().await;
    eprintln!("{}: {} requests, {restless} without a steady answer", backend.name(), rounds * 2);
}

/// A question of the walk with one to three things changed.
fn mutated(chance: &mut Chance, probes: &[Probe], names: &[String]) -> Probe {
    loop {
        let mut probe = chance.one(probes).clone();
        for _ in 0..=chance.below(3) {
            change(chance, &mut probe, probes, names);
        }
        // What a person's session or a password would be lost by is not a question of another's ids.
        let harmless = probe.who == Who::Key || probe.method == "GET" || probe.route.1.starts_with("/oauth");
        if probe.text().contains("{{") && harmless {
            return probe;
        }
    }
}

fn change(chance: &mut Chance, probe: &mut Probe, probes: &[Probe], names: &[String]) {
    const PARAMETERS: [&str; 10] =
        ["filter[id]", "filter[owner_id]", "expand", "cursor", "q", "fields", "sort", "space", "key_id", "limit"];
    const HEADERS: [&str; 9] = [
        "idempotency-key",
        "if-match",
        "if-none-match",
        "x-space-id",
        "x-workspace-id",
        "x-kontor-space",
        "x-request-id",
        "kontor-space",
        "x-forwarded-for",
    ];
    const FORMS: [&str; 9] = ["0{}", "%20{}", "{}%20", "{}.0", "+{}", "{}%00", "..%2F{}", "{},{}", "-{}"];
    let hole = format!("{{{{{}}}}}", chance.one(names));
    match chance.below(10) {
        0 => probe.method = (*chance.one(&["GET", "POST", "PUT", "PATCH", "DELETE"])).to_owned(),
        1 => *probe = probe.newer(),
        2 | 3 => swap(chance, probe, &hole),
        4 => {
            let mark = if probe.path.contains('?') { '&' } else { '?' };
            let name = chance.one(&PARAMETERS);
            probe.path.push_str(&format!("{mark}{name}={hole}"));
        }
        5 => {
            let name = (*chance.one(&HEADERS)).to_owned();
            probe.headers.push((name, hole));
        }
        6 => {
            if let Some(id) = first_hole(&probe.path) {
                let form = chance.one(&FORMS).replace("{}", &id);
                probe.path = probe.path.replacen(&id, &form, 1);
            }
        }
        7 => probe.body = chance.one(probes).body.clone(),
        _ => {
            if let Body::Json(text) = &probe.body
                && let Ok(mut body) = serde_json::from_str::<Value>(text)
            {
                put(chance, &mut body, &hole);
                probe.body = Body::Json(body.to_string());
            }
        }
    }
}

/// The first hole of a text.
fn first_hole(text: &str) -> Option<String> {
    let begin = text.find("{{")?;
    let end = begin + text.get(begin..)?.find("}}")? + 2;
    text.get(begin..end).map(str::to_owned)
}

/// Another name in the place of the first.
fn swap(chance: &mut Chance, probe: &mut Probe, hole: &str) {
    let body = match &mut probe.body {
        Body::Json(text) | Body::Form(text) | Body::Import(_, text) if chance.below(2) == 0 => Some(text),
        _ => None,
    };
    let text = body.unwrap_or(&mut probe.path);
    if let Some(old) = first_hole(text) {
        *text = text.replacen(&old, hole, 1);
    }
}

/// Puts a name somewhere into a body: as a member that nobody sets, or in the place of what is there.
fn put(chance: &mut Chance, body: &mut Value, hole: &str) {
    const MEMBERS: [&str; 12] = [
        "space",
        "space_id",
        "workspace_id",
        "id",
        "created_by",
        "updated_by",
        "owner_id",
        "external_id",
        "team_id",
        "user_id",
        "cursor",
        "role",
    ];
    let value = match chance.below(4) {
        0 => json!([hole]),
        1 => json!({"id": hole}),
        _ => json!(hole),
    };
    match body {
        Value::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            if names.is_empty() || chance.below(3) == 0 {
                members.insert((*chance.one(&MEMBERS)).to_owned(), value);
            } else {
                let name = chance.one(&names).clone();
                if let Some(member) = members.get_mut(&name) {
                    if member.is_object() || member.is_array() { put(chance, member, hole) } else { *member = value }
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = chance.below(items.len());
            put(chance, &mut items[at], hole);
        }
        other => *other = value,
    }
}
