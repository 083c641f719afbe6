//! Imports go down: app, front, service, engine, store, base. A service knows no other service.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up.
const FLOORS: [&str; 6] = ["base", "store", "engine", "service", "front", "app"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Code,
    Test,
}

#[derive(Debug)]
struct Crate {
    floor: String,
    /// Names of crates of this workspace, or any other.
    imports: Vec<(String, Use)>,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn crates() -> BTreeMap<String, Crate> {
    let mut found = BTreeMap::new();
    for floor in fs::read_dir(workspace().join("crates")).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for folder in fs::read_dir(floor.path()).unwrap().flatten() {
            let Ok(manifest) = fs::read_to_string(folder.path().join("Cargo.toml")) else { continue };
            let (name, imports) = read(&manifest);
            found.insert(name, Crate { floor: floor.file_name().into_string().unwrap(), imports });
        }
    }
    found
}

/// Name and imports of a manifest: `name.workspace = true`, `name = …` and `[dependencies.name]`, also under
/// `[target.….dependencies]`.
fn read(manifest: &str) -> (String, Vec<(String, Use)>) {
    let (mut section, mut name, mut imports) = (String::new(), String::new(), Vec::new());
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
            let table = ["dev-dependencies.", "dependencies."].iter().find_map(|start| section.split_once(start));
            if let Some((before, import)) = table {
                let used = if section.contains("dev-dependencies.") { Use::Test } else { Use::Code };
                assert!(before.is_empty() || before.ends_with(['.', '-']), "{section}");
                imports.push((import.to_owned(), used));
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().trim_end_matches(".workspace").to_owned();
        if section == "package" && key == "name" {
            name = value.trim().trim_matches('"').to_owned();
        } else if section.ends_with("dev-dependencies") {
            imports.push((key, Use::Test));
        } else if section.ends_with("dependencies") {
            imports.push((key, Use::Code));
        }
    }
    (name, imports)
}

/// Why this import is not allowed.
fn fault(from: &Crate, to: &Crate, used: Use) -> Option<String> {
    if from.floor == "dev" {
        return None;
    }
    if to.floor == "dev" {
        return (used == Use::Code).then(|| "dev is for tests: use [dev-dependencies]".to_owned());
    }
    let height = |floor: &str| FLOORS.iter().position(|known| *known == floor);
    match (height(&from.floor), height(&to.floor)) {
        (None, _) => Some(format!("{} is no floor", from.floor)),
        (_, None) => Some(format!("{} is no floor", to.floor)),
        (Some(own), Some(other)) if other > own => Some(format!("goes up from {} to {}", from.floor, to.floor)),
        (Some(own), Some(other)) if other == own && from.floor == "service" => {
            Some("a service knows no other service".to_owned())
        }
        _ => None,
    }
}

#[test]
fn imports_go_down_and_never_between_services() {
    let crates = crates();
    assert!(crates.len() > 10, "the crates were not found: {:?}", crates.keys());
    let mut faults = Vec::new();
    for (name, from) in &crates {
        for (import, used) in &from.imports {
            if let Some(why) = crates.get(import).and_then(|to| fault(from, to, *used)) {
                faults.push(format!("{name} imports {import}: {why}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn wrong_imports_are_noticed() {
    let on = |floor: &str| Crate { floor: floor.to_owned(), imports: Vec::new() };
    assert!(fault(&on("store"), &on("engine"), Use::Code).is_some());
    assert!(fault(&on("service"), &on("service"), Use::Code).is_some());
    assert!(fault(&on("service"), &on("service"), Use::Test).is_some());
    assert!(fault(&on("engine"), &on("dev"), Use::Code).is_some());
    assert!(fault(&on("attic"), &on("base"), Use::Code).is_some());
    assert!(fault(&on("engine"), &on("dev"), Use::Test).is_none());
    assert!(fault(&on("engine"), &on("engine"), Use::Code).is_none());
    assert!(fault(&on("app"), &on("base"), Use::Code).is_none());
}

#[test]
fn every_way_to_write_an_import_is_read() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\nb = { path = \"b\" }\n# c = 1\n\
                    [target.'cfg(unix)'.dependencies]\nd = \"1\"\n[dependencies.e]\nversion = \"1\"\n\
                    [dev-dependencies]\nf.workspace = true\n[dev-dependencies.g]\nversion = \"1\"\n[build-dependencies]\nh = \"1\"\n";
    let (name, imports) = read(manifest);
    let found: Vec<(&str, Use)> = imports.iter().map(|(name, used)| (name.as_str(), *used)).collect();
    assert_eq!(name, "x");
    let code = ["a", "b", "d", "e"].map(|name| (name, Use::Code));
    let test = ["f", "g"].map(|name| (name, Use::Test));
    assert_eq!(found, [&code[..], &test[..], &[("h", Use::Code)]].concat());
}
