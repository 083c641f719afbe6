//! The walk itself.

use std::collections::BTreeSet;

use futures::StreamExt;
use kontor_testkit::{Backend, Server, both_alone};

use super::dump::{at_rest, difference, dump};
use super::pair::{Answers, Pair};
use super::probe::Probe;
use super::world::World;
use super::{cases, objects, routes};
use crate::support::add_space;

both_alone!(another_workspace_is_not_there);

/// Two spaces of two workspaces, filled alike; the other's state before anything was asked.
pub struct House {
    pub server: Server,
    pub own: World,
    pub other: World,
    pub pair: Pair,
    pub probes: Vec<Probe>,
    pub before: super::dump::Dump,
}

impl House {
    pub async fn new(backend: Backend) -> Self {
        // Nothing moves but what is asked for.
        let quiet = [("KONTOR_SWEEPS_EVERY_SECONDS", "86400"), ("KONTOR_WEBHOOKS_FIRST_RETRY_MS", "3600000")];
        let builder = Server::builder().backend(backend);
        let server = quiet.into_iter().fold(builder, |builder, (name, value)| builder.env(name, value)).start().await;
        add_space(&server, "sandbox");
        let live = server.api();
        let other = World::fill(&live, "vehicle").await;
        let own = World::fill(&live.as_role("admin", &["--space", "sandbox"]), "quilt").await;
        let before = at_rest(server.place(), &other.space).await;
        let mine = dump(server.place(), &own.space);
        let known: String = [&before, &mine].iter().flat_map(|dump| dump.values().flatten()).cloned().collect();
        let pair = Pair::new(&other, &own, &known);
        let mut probes = Vec::new();
        for object in own.examples.routed() {
            probes.extend(objects::of_object(&own, object).await);
        }
        probes.extend(objects::of_custom(&own));
        probes.extend(cases::all(&own));
        Self { server, own, other, pair, probes, before }
    }

    /// Nothing of the other space has changed.
    pub async fn is_as_before(&self) {
        let after = at_rest(self.server.place(), &self.other.space).await;
        let said = difference(&self.before, &after);
        assert!(said.is_empty(), "the other space has changed:\n{said}");
    }
}

async fn another_workspace_is_not_there(backend: Backend) {
    let house = House::new(backend).await;
    routes::complete(&house.probes);
    let newer = house.probes.iter().filter(|probe| probe.path.starts_with("/v1/")).map(Probe::newer);
    let all: Vec<Probe> = house.probes.iter().cloned().chain(newer).collect();
    let asked = all.len();
    let answers: Vec<Result<Answers, String>> = futures::stream::iter(all)
        .map(|probe| {
            let house = &house;
            async move { house.pair.ask(&house.own.caller, &probe).await }
        })
        .buffered(4)
        .collect()
        .await;
    let faults: Vec<&String> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    let restless = answers.iter().filter(|answer| matches!(answer, Ok(Answers::Restless))).count();
    assert!(restless < 5, "{restless} answers are never the same");
    let shown: Vec<String> = faults.iter().take(12).map(|fault| fault.chars().take(2_500).collect()).collect();
    assert!(faults.is_empty(), "{} of {asked} differ:\n{}", faults.len(), shown.join("\n\n"));
    house.is_as_before().await;
    house.a_right_request_is_answered().await;
    eprintln!("{}: {} requests", backend.name(), asked * 2);
}

impl House {
    /// The same questions with what the space has itself: they would find it.
    async fn a_right_request_is_answered(&self) {
        let (mut found, mut same) = (0, BTreeSet::new());
        let own = |text: &str| {
            let names = self.own.names.iter();
            names.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
        };
        let reads = self.probes.iter().filter(|probe| probe.method == "GET" || probe.path.ends_with("/search"));
        // A stream that opens does not end.
        let reads = reads.filter(|probe| !probe.path.ends_with("/stream"));
        for probe in reads.filter(|probe| probe.text().contains("{{")) {
            let mine = probe.send(&self.own.caller, own).await;
            let nobodys = probe.send(&self.own.caller, |text| self.pair.nobodys(text)).await;
            if (mine.status, settled(&mine.text())) == (nobodys.status, settled(&nobodys.text())) {
                same.insert(probe.text());
            } else {
                found += 1;
            }
        }
        assert!(found > 9 * same.len(), "{found} differ, these do not:\n{same:#?}");
    }
}

/// Letters only, so that ids and times do not count.
fn settled(text: &str) -> String {
    let data = text.split("\"meta\"").next().unwrap_or_default();
    data.chars().filter(|c| !c.is_ascii_digit()).collect()
}
