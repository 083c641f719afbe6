//! Ceremonies with an authenticator in software, right and wrong.

use kontor_model::Json;
use kontor_testkit::authenticator::{
    Algorithm, Authenticator, BACKED_UP, BACKUP_ELIGIBLE, Draft, PRESENT, VERIFIED, bytes, head, int, map, text,
};
use proptest::prelude::*;
use serde_json::{Value as J, json};

use super::*;

const CHALLENGE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER: &str = "__ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn party() -> RelyingParty {
    RelyingParty::of("https://crm.example").unwrap()
}

fn creation() -> J {
    super::creation(&party(), CHALLENGE, b"handle", ("ada@example.com", "Ada"), &[], 300_000)
}

fn request() -> J {
    super::request(&party(), CHALLENGE, &[], 300_000)
}

fn registered(json: &J) -> Result<Registered, Refusal> {
    register(&party(), CHALLENGE, &Registration::read(&Json::from(json))?)
}

fn asserted(known: &Registered, json: &J) -> Result<Asserted, Refusal> {
    let known = Known { public_key: &known.public_key, counter: known.counter, backup_eligible: known.backup_eligible };
    assert(&party(), CHALLENGE, known, &Assertion::read(&Json::from(json))?)
}

fn device() -> Authenticator {
    Authenticator::new(Algorithm::EdDsa, "https://crm.example")
}

#[test]
fn every_offered_algorithm_goes_round() {
    for algorithm in Algorithm::ALL {
        let mut device = Authenticator::new(algorithm, "https://crm.example");
        let known = registered(&device.create(&creation())).unwrap();
        assert!(ALGORITHMS.contains(&known.algorithm) && known.id == device.id && known.counter == 0);
        assert_eq!(known.transports, ["internal", "hybrid"]);
        let news = asserted(&known, &device.get(&request())).unwrap();
        assert_eq!(news, Asserted { counter: 0, backed_up: false }, "{algorithm:?}");
        // A key signs for itself only.
        let mut other = Authenticator::new(algorithm, "https://crm.example");
        other.id.clone_from(&device.id);
        assert_eq!(asserted(&known, &other.get(&request())), Err(Refusal::Signature), "{algorithm:?}");
        // Vouching for itself is left in place by browsers.
        let own = |draft: &mut Draft| {
            draft.format = "packed".into();
            draft.statement = None;
        };
        assert!(registered(&device.create_with(&creation(), own)).is_ok(), "{algorithm:?}");
        let spoiled = device.create_with(&creation(), |draft| {
            own(draft);
            draft.spoil = true;
        });
        assert_eq!(registered(&spoiled), Err(Refusal::Signature), "{algorithm:?}");
    }
}

#[test]
fn a_registration_that_is_wrong_is_refused() {
    type Change = fn(&mut Draft);
    let certificate = map(&[(text("alg"), int(-8)), (text("sig"), bytes(b"x")), (text("x5c"), vec![0x80])]);
    let cases: [(&str, Change, Refusal); 19] = [
        ("type", |d| d.client_data["type"] = json!("webauthn.get"), Refusal::WrongType),
        ("challenge", |d| d.client_data["challenge"] = json!(OTHER), Refusal::WrongChallenge),
        ("origin", |d| d.client_data["origin"] = json!("https://crm.example.evil.example"), Refusal::WrongOrigin),
        ("scheme", |d| d.client_data["origin"] = json!("http://crm.example"), Refusal::WrongOrigin),
        ("port", |d| d.client_data["origin"] = json!("https://crm.example:8443"), Refusal::WrongOrigin),
        ("framed", |d| d.client_data["crossOrigin"] = json!(true), Refusal::WrongOrigin),
        ("framed by", |d| d.client_data["topOrigin"] = json!("https://crm.example"), Refusal::WrongOrigin),
        ("no origin", |d| d.client_data["origin"] = J::Null, Refusal::Malformed),
        ("party", |d| d.party = "evil.example".into(), Refusal::WrongParty),
        ("present", |d| d.flags &= !PRESENT, Refusal::NobodyPresent),
        ("verified", |d| d.flags &= !VERIFIED, Refusal::NotVerified),
        ("backed up", |d| d.flags |= BACKED_UP, Refusal::BackupFlags),
        ("no credential", |d| d.flags &= !64, Refusal::Malformed),
        ("tail", |d| d.tail = vec![0], Refusal::Malformed),
        ("outer tail", |d| d.outer_tail = vec![0], Refusal::Malformed),
        ("cut", |d| d.cut = 1, Refusal::Malformed),
        ("extensions", |d| d.flags |= 128, Refusal::Malformed),
        ("format", |d| d.format = "fido-u2f".into(), Refusal::Format),
        ("statement", |d| d.statement = Some(map(&[(text("x"), int(1))])), Refusal::Format),
    ];
    let mut device = device();
    for (name, change, why) in cases {
        assert_eq!(registered(&device.create_with(&creation(), change)), Err(why), "{name}");
    }
    let vouched = device.create_with(&creation(), |draft| {
        draft.format = "packed".into();
        draft.statement = Some(certificate);
    });
    assert_eq!(registered(&vouched), Err(Refusal::Format));
    let extended = device.create_with(&creation(), |draft| {
        draft.flags |= 128;
        draft.tail = map(&[(text("credProtect"), int(2))]);
    });
    assert!(registered(&extended).is_ok(), "extensions are read over");
}

#[test]
fn keys_that_were_not_asked_for() {
    let mut device = Authenticator::new(Algorithm::Es256, "https://crm.example");
    let rsa =
        |n: &[u8], e: &[u8]| map(&[(int(1), int(3)), (int(3), int(-257)), (int(-1), bytes(n)), (int(-2), bytes(e))]);
    let point = |curve: i64, x: &[u8]| {
        map(&[
            (int(1), int(2)),
            (int(3), int(-7)),
            (int(-1), int(curve)),
            (int(-2), bytes(x)),
            (int(-3), bytes(&[1; 32])),
        ])
    };
    let twice = [head(5, 2), int(1), int(2), int(1), int(2)].concat();
    for (name, key, why) in [
        ("ES384", device.cose_as(-35), Refusal::Algorithm),
        ("ES256K", device.cose_as(-47), Refusal::Algorithm),
        ("RS1", device.cose_as(-65_535), Refusal::Algorithm),
        ("EdDSA over P-256", device.cose_as(-8), Refusal::Key),
        ("P-384", point(2, &[1; 32]), Refusal::Key),
        ("a short coordinate", point(1, &[1; 31]), Refusal::Key),
        ("RSA of 1,024 bits", rsa(&[0xFF; 128], &[1, 0, 1]), Refusal::Key),
        ("RSA with e = 3", rsa(&[0xFF; 256], &[3]), Refusal::Key),
        ("RSA with an even e", rsa(&[0xFF; 256], &[1, 0, 0]), Refusal::Key),
        ("no algorithm", map(&[(int(1), int(2))]), Refusal::Malformed),
        ("a member twice", twice, Refusal::Malformed),
        ("no map", int(1), Refusal::Malformed),
    ] {
        let made = device.create_with(&creation(), |draft| draft.key = Some(key));
        assert_eq!(registered(&made), Err(why), "{name}");
    }
    // A point that is not on the curve verifies nothing.
    let made = device.create_with(&creation(), |draft| draft.key = Some(point(1, &[1; 32])));
    let known = registered(&made).unwrap();
    assert_eq!(asserted(&known, &device.get(&request())), Err(Refusal::Signature));
}

#[test]
fn an_assertion_that_is_wrong_is_refused() {
    type Change = fn(&mut Draft);
    let mut device = device();
    let known = registered(&device.create(&creation())).unwrap();
    let cases: [(&str, Change, Refusal); 14] = [
        ("type", |d| d.client_data["type"] = json!("webauthn.create"), Refusal::WrongType),
        ("challenge", |d| d.client_data["challenge"] = json!(OTHER), Refusal::WrongChallenge),
        ("origin", |d| d.client_data["origin"] = json!("https://evil.example"), Refusal::WrongOrigin),
        ("subdomain", |d| d.client_data["origin"] = json!("https://a.crm.example"), Refusal::WrongOrigin),
        ("framed", |d| d.client_data["crossOrigin"] = json!(true), Refusal::WrongOrigin),
        ("crossOrigin", |d| d.client_data["crossOrigin"] = json!("no"), Refusal::Malformed),
        ("party", |d| d.party = "evil.example".into(), Refusal::WrongParty),
        ("present", |d| d.flags &= !PRESENT, Refusal::NobodyPresent),
        ("verified", |d| d.flags &= !VERIFIED, Refusal::NotVerified),
        ("eligible now", |d| d.flags |= BACKUP_ELIGIBLE, Refusal::BackupFlags),
        ("backed up", |d| d.flags |= BACKED_UP, Refusal::BackupFlags),
        ("tail", |d| d.tail = vec![1], Refusal::Malformed),
        ("cut", |d| d.cut = 1, Refusal::Malformed),
        ("signature", |d| d.spoil = true, Refusal::Signature),
    ];
    for (name, change, why) in cases {
        assert_eq!(asserted(&known, &device.get_with(&request(), change)), Err(why), "{name}");
    }
}

#[test]
fn counters_go_up_or_are_zero() {
    let mut device = device();
    device.counter = 7;
    let known = registered(&device.create(&creation())).unwrap();
    assert_eq!(known.counter, 7);
    for (counter, wanted) in [
        (8, Ok(8)),
        (u32::MAX, Ok(u32::MAX)),
        (7, Err(Refusal::Counter)),
        (1, Err(Refusal::Counter)),
        (0, Err(Refusal::Counter)),
    ] {
        let used = device.get_with(&request(), |draft| draft.counter = counter);
        assert_eq!(asserted(&known, &used).map(|news| news.counter), wanted, "{counter}");
    }
    // A wrong signature says nothing about a counter.
    let forged = device.get_with(&request(), |draft| {
        draft.counter = 1;
        draft.spoil = true;
    });
    assert_eq!(asserted(&known, &forged), Err(Refusal::Signature));
}

#[test]
fn synchronised_passkeys_say_so() {
    let mut device = device();
    device.flags |= BACKUP_ELIGIBLE;
    let known = registered(&device.create(&creation())).unwrap();
    assert!(known.backup_eligible && !known.backed_up);
    let used = device.get_with(&request(), |draft| draft.flags |= BACKED_UP);
    assert_eq!(asserted(&known, &used), Ok(Asserted { counter: 0, backed_up: true }));
}

#[test]
fn members_that_are_missing_or_too_long() {
    let mut device = device();
    let made = device.create(&creation());
    let used = device.get(&request());
    let without = |json: &J, path: &str| {
        let mut json = json.clone();
        *json.pointer_mut(path).unwrap() = J::Null;
        json
    };
    for path in ["/id", "/type", "/rawId", "/response", "/response/clientDataJSON", "/response/attestationObject"] {
        assert_eq!(registered(&without(&made, path)), Err(Refusal::Malformed), "{path}");
    }
    let known = registered(&made).unwrap();
    for path in ["/id", "/response/authenticatorData", "/response/signature", "/response/clientDataJSON"] {
        assert_eq!(asserted(&known, &without(&used, path)), Err(Refusal::Malformed), "{path}");
    }
    for (path, value) in [
        ("/id", json!("A".repeat(1_400))),
        ("/rawId", json!("AAAA")),
        ("/response/userHandle", json!("A".repeat(100))),
        ("/response/userHandle", json!(7)),
        ("/response/signature", json!("A".repeat(2_000))),
        ("/response/signature", json!("not base64!")),
        ("/response/authenticatorData", json!("A".repeat(30_000))),
    ] {
        let mut json = used.clone();
        *json.pointer_mut(path).unwrap() = value;
        assert_eq!(asserted(&known, &json), Err(Refusal::Malformed), "{path}");
    }
    assert!(Assertion::read(&Json::Null).is_err() && Registration::read(&Json::Array(Vec::new())).is_err());
}

fn object() -> Vec<u8> {
    let made = device().create(&creation());
    Registration::read(&Json::from(&made)).unwrap().attestation_object
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        fuzz(&bytes);
    }

    /// Behind a right beginning, so that the parts further in are reached.
    #[test]
    fn a_changed_object_never_panics(at in 0_usize..400, byte in any::<u8>(), cut in 0_usize..400) {
        let whole = object();
        let mut changed = whole.clone();
        let at = at % changed.len();
        changed[at] = byte;
        changed.truncate(changed.len() - cut % changed.len());
        if let Ok(attestation) = Attestation::parse(&changed) {
            let _ = AuthenticatorData::parse(&attestation.authenticator_data);
        }
        fuzz(&changed);
    }

    #[test]
    fn what_is_cut_off_is_refused(cut in 1_usize..150) {
        let whole = object();
        let data = Attestation::parse(&whole).unwrap().authenticator_data;
        prop_assert!(AuthenticatorData::parse(&data).is_ok());
        prop_assert!(AuthenticatorData::parse(&data[..data.len() - cut % data.len()]).is_err() || cut % data.len() == 0);
        prop_assert!(Attestation::parse(&whole[..whole.len() - cut % whole.len()]).is_err() || cut % whole.len() == 0);
    }
}
