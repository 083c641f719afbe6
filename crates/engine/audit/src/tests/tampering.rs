//! A thousand ways to tamper with rows and seals, each of which must show (figure 35).

use kontor_model::{Kind, Value};
use kontor_store::{OnConflict, Write, system};

use super::house::{House, SPACE, columns};
use crate::{Signer, What, verify};

/// Small, fast, the same every time (Numerical Recipes).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn delete(table: &str, row: &[Value]) -> Write {
    let keys = vec![system::key("id", Kind::Int, row[0].clone())];
    Write::Delete { table: table.into(), keys, must: true, search: false }
}

fn insert(table: &str, row: &[Value]) -> Write {
    Write::Insert {
        table: table.into(),
        columns: columns(table).into(),
        values: row.to_vec(),
        on_conflict: OnConflict::Fail,
        search: None,
    }
}

/// Another value of the same kind.
fn other(value: &Value, kind: Kind, dice: &mut Dice) -> Value {
    match (value, kind) {
        (Value::Int(n), _) => Value::Int(n ^ (1 << dice.roll(40))),
        (Value::Text(text), _) => Value::Text(format!("{text}x")),
        (Value::Bytes(bytes), _) if !bytes.is_empty() => {
            let mut bytes = bytes.clone();
            let at = dice.roll(bytes.len());
            bytes[at] ^= 1 << dice.roll(8);
            Value::Bytes(bytes)
        }
        (_, Kind::Int) => Value::Int(5),
        (_, Kind::Bytes) => Value::Bytes(vec![1]),
        _ => Value::text("x"),
    }
}

#[tokio::test]
async fn a_thousand_tamperings_are_all_found() {
    let house = House::filled(12, 10).await;
    let sound = house.verify(None).await;
    assert_eq!(sound.fault, None);
    assert_eq!((sound.seals, sound.entries, sound.redacted, sound.late, sound.unsealed), (14, 122, 12, 1, 0));
    let head = sound.head.clone().unwrap();
    let (rows, seals) = (house.rows(system::AUDIT).await, house.rows(system::AUDIT_SEAL).await);
    let mut dice = Dice(20_261_121);
    let mut kinds = [0_u32; 5];
    let mut done = 0;
    while done < 1_000 {
        let (table, all) = if dice.roll(3) == 0 { (system::AUDIT_SEAL, &seals) } else { (system::AUDIT, &rows) };
        let names = columns(table);
        let at = dice.roll(all.len());
        let kind = dice.roll(5);
        let (wrong, right): (Vec<Write>, Vec<Write>) = match kind {
            // Edit one value.
            0 => {
                let column = dice.roll(names.len());
                let mut row = all[at].clone();
                row[column] = other(&row[column], names[column].kind, &mut dice);
                (vec![delete(table, &all[at]), insert(table, &row)], vec![delete(table, &row), insert(table, &all[at])])
            }
            // Delete one.
            1 => (vec![delete(table, &all[at])], vec![insert(table, &all[at])]),
            // Give two each other's place.
            2 => {
                let with = dice.roll(all.len());
                if with == at {
                    continue;
                }
                let (mut one, mut two) = (all[at].clone(), all[with].clone());
                (one[0], two[0]) = (two[0].clone(), one[0].clone());
                let undo = |a: &[Value], b: &[Value], c: &[Value], d: &[Value]| {
                    vec![delete(table, a), delete(table, b), insert(table, c), insert(table, d)]
                };
                (undo(&all[at], &all[with], &one, &two), undo(&one, &two, &all[at], &all[with]))
            }
            // Cut off the end.
            3 => {
                let cut = &all[all.len() - 1 - at.min(all.len() - 1)..];
                (cut.iter().map(|row| delete(table, row)).collect(), cut.iter().map(|row| insert(table, row)).collect())
            }
            // Put one in that was never there, more than a day before the end.
            _ => {
                let (table, mut row) = (system::AUDIT, rows[0].clone());
                row[0] = Value::Int(row[0].as_i64().unwrap() + 1 + i64::try_from(dice.roll(1 << 18)).unwrap());
                (vec![insert(table, &row)], vec![delete(table, &row)])
            }
        };
        // A value that the table refuses, or that was equal, is no tampering.
        if house.try_commit(wrong).await.is_err() {
            continue;
        }
        let report = house.verify(Some(&head)).await;
        assert!(report.fault.is_some(), "kind {kind} of {table} at {at} was not found: {report:?}");
        house.commit(right).await;
        kinds[kind] += 1;
        done += 1;
    }
    assert!(kinds.iter().all(|n| *n > 100), "{kinds:?}");
    assert_eq!(house.verify(Some(&head)).await, sound);
}

async fn fault(house: &House, wrong: Vec<Write>) -> (Option<i64>, Option<i64>, What) {
    house.commit(wrong).await;
    let fault = house.verify(None).await.fault.unwrap();
    (fault.seal, fault.entry, fault.what)
}

#[tokio::test]
async fn a_fault_says_where_and_what() {
    let house = House::filled(3, 10).await;
    let (rows, seals) = (house.rows(system::AUDIT).await, house.rows(system::AUDIT_SEAL).await);
    let id = |row: &[Value]| row[0].as_i64();
    // Two entries of the second seal in each other's place, with everything that belongs to them.
    let (mut one, mut two) = (rows[13].clone(), rows[15].clone());
    (one[0], two[0]) = (two[0].clone(), one[0].clone());
    let table = system::AUDIT;
    let swap = vec![delete(table, &rows[13]), delete(table, &rows[15]), insert(table, &one), insert(table, &two)];
    let reordered = What::EntryReordered(id(&rows[15]).unwrap());
    assert_eq!(fault(&house, swap).await, (Some(2), id(&rows[13]), reordered));
    let back = vec![delete(table, &one), delete(table, &two), insert(table, &rows[13]), insert(table, &rows[15])];
    house.commit(back).await;
    assert_eq!(fault(&house, vec![delete(table, &rows[21])]).await, (Some(3), id(&rows[21]), What::EntryMissing));
    house.commit(vec![insert(table, &rows[21])]).await;
    let table = system::AUDIT_SEAL;
    assert_eq!(fault(&house, vec![delete(table, &seals[1])]).await, (Some(2), None, What::SealMissing));
    house.commit(vec![insert(table, &seals[1])]).await;
    assert_eq!(house.verify(None).await.fault, None);
}

#[tokio::test]
async fn erased_values_need_an_entry_that_says_so() {
    let house = House::filled(2, 5).await;
    let now = super::house::START + 1;
    let erased = fault(&house, vec![crate::redact::record(1, now)]).await;
    assert_eq!(erased, (None, newest(&house).await, What::EntryRedactedWithoutOrder));
    house.commit(vec![house.entry(super::house::START + 9_000_000, 9_000, "erase", 1)]).await;
    assert_eq!(house.verify(None).await.fault, None);
}

/// The youngest entry of record 1: the one that the report names.
async fn newest(house: &House) -> Option<i64> {
    house.rows(system::AUDIT).await.iter().filter(|row| row[3] == Value::Int(1)).filter_map(|row| row[0].as_i64()).max()
}

#[tokio::test]
async fn a_chain_of_another_key_is_not_believed() {
    let house = House::filled(2, 5).await;
    let stranger = Signer::new([8; 32]);
    let report = verify(&*house.store, SPACE, &stranger, None).await.unwrap();
    assert_eq!(report.fault.map(|f| (f.seal, f.what)), Some((Some(1), What::SealOfAnotherKey)));
    // Nor is it gone on with.
    let mut sealer = crate::Sealer::new(house.store.clone(), house.clock.clone(), stranger, "x".into());
    assert!(sealer.seal(SPACE).await.is_err());
}

#[tokio::test]
async fn a_chain_that_was_cut_off_does_not_reach_its_head() {
    let house = House::filled(3, 5).await;
    let head = house.verify(None).await.head.unwrap();
    let seals = house.rows(system::AUDIT_SEAL).await;
    house.commit(seals[3..].iter().map(|seal| delete(system::AUDIT_SEAL, seal)).collect()).await;
    assert_eq!(house.verify(None).await.fault, None, "what is left holds by itself");
    let fault = house.verify(Some(&head)).await.fault.unwrap();
    assert_eq!((fault.seal, fault.what), (Some(3), What::Truncated));
}
