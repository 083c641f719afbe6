//! Every row of a space, past the product.

use std::collections::BTreeMap;
use std::time::Duration;

use kontor_testkit::{Backend, Place};

/// Rows of a table, as texts, sorted.
pub type Dump = BTreeMap<String, Vec<String>>;

/// Columns that say whose a row of the installation is.
const OWNERS: [&str; 5] = ["space", "of_space", "key_space", "session_space", "member_space"];

/// What runs by itself: leases are renewed, the clock of the verification goes on.
const RESTLESS: [&str; 2] = ["lease", "audit_state"];

/// Rows without such a column, by the client that they are of.
const BY_CLIENT: [&str; 4] = ["oauth_request", "oauth_code", "oauth_refresh", "oauth_device"];

/// Tables with the columns by which a row is somebody's.
fn tables(place: &Place) -> BTreeMap<String, Vec<&'static str>> {
    let question = match place.backend {
        Backend::Sqlite => {
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '%_fts%'"
        }
        Backend::Postgres => {
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        }
    };
    let mut tables: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for row in place.rows(question) {
        let [Some(table), Some(column)] = row.as_slice() else { continue };
        let known = tables.entry(table.clone()).or_default();
        known.extend(OWNERS.iter().find(|owner| *owner == column));
    }
    tables.retain(|table, columns| !columns.is_empty() && !RESTLESS.contains(&table.as_str()));
    tables
}

/// Everything that is of a space.
pub fn dump(place: &Place, space: &str) -> Dump {
    let mut dump = Dump::new();
    for (table, columns) in tables(place) {
        let own: Vec<String> = columns.iter().map(|column| format!("{column} = {space}")).collect();
        let mut filter = own.join(" OR ");
        if BY_CLIENT.contains(&table.as_str()) {
            filter = format!("{filter} OR client IN (SELECT id FROM oauth_client WHERE of_space = {space})");
        }
        let rows = place.rows(&format!("SELECT * FROM {table} WHERE {filter}"));
        let mut texts: Vec<String> = rows
            .into_iter()
            .map(|row| row.into_iter().map(|value| value.unwrap_or("∅".to_owned())).collect::<Vec<_>>().join("|"))
            .collect();
        texts.sort();
        dump.insert(table, texts);
    }
    dump
}

/// As [`dump`], once what goes on behind an answer (seals, counts of use, the request log) has come to rest.
pub async fn at_rest(place: &Place, space: &str) -> Dump {
    still(6, || dump(place, space)).await
}

/// What `read` gives, once it has given the same for so many seconds.
pub async fn still(seconds: u32, read: impl Fn() -> Dump) -> Dump {
    let (mut last, mut same) = (read(), 0);
    for _ in 0..120 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = read();
        same = if now == last { same + 1 } else { 0 };
        last = now;
        if same == seconds {
            return last;
        }
    }
    panic!("the space does not come to rest");
}

/// What is in one and not in the other, table by table; empty when they are the same.
pub fn difference(before: &Dump, after: &Dump) -> String {
    let mut said = String::new();
    for table in before.keys().chain(after.keys().filter(|table| !before.contains_key(*table))) {
        let none = Vec::new();
        let (old, new) = (before.get(table).unwrap_or(&none), after.get(table).unwrap_or(&none));
        for row in old.iter().filter(|row| !new.contains(row)) {
            said.push_str(&format!("- {table}: {row}\n"));
        }
        for row in new.iter().filter(|row| !old.contains(row)) {
            said.push_str(&format!("+ {table}: {row}\n"));
        }
    }
    said
}
