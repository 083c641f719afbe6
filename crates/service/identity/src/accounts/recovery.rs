//! Codes for the day the authenticator app is lost: ten, each good once (NIST SP 800-63B-4, 3.1.2).

use data_encoding::BASE32_NOPAD;
use kontor_model::{Error, Result};
use subtle::ConstantTimeEq;

use crate::vault::Vault;

const CODES: usize = 10;
/// 80 bits, of which only a keyed digest is stored.
const BYTES: usize = 10;
const PURPOSE: &str = "recovery code";

/// New codes as they are shown, and what is kept of them.
///
/// # Errors
/// No randomness.
pub fn make(vault: &Vault) -> Result<(Vec<String>, Vec<String>)> {
    let mut shown = Vec::with_capacity(CODES);
    let mut kept = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let mut bytes = [0_u8; BYTES];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        let code = BASE32_NOPAD.encode(&bytes).to_lowercase();
        kept.push(vault.digest(PURPOSE, &code)?);
        let groups: Vec<&str> = (0..code.len()).step_by(4).filter_map(|at| code.get(at..at + 4)).collect();
        shown.push(groups.join("-"));
    }
    Ok((shown, kept))
}

/// The codes that are left when this one is used; None when it is not among them.
///
/// # Errors
/// None that happens.
pub fn spend(vault: &Vault, kept: &[String], given: &str) -> Result<Option<Vec<String>>> {
    let plain: String = given.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let digest = vault.digest(PURPOSE, &plain)?;
    let is = |code: &String| bool::from(code.as_bytes().ct_eq(digest.as_bytes()));
    if !kept.iter().any(is) {
        return Ok(None);
    }
    Ok(Some(kept.iter().filter(|code| !is(code)).cloned().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once() {
        let vault = Vault::new([7; 32]);
        let (shown, kept) = make(&vault).unwrap();
        assert_eq!((shown.len(), kept.len(), shown[3].len()), (10, 10, 19));
        assert!(!kept.contains(&shown[3]));
        let left = spend(&vault, &kept, &format!(" {} ", shown[3].to_uppercase())).unwrap().unwrap();
        assert_eq!(left.len(), 9);
        assert_eq!(spend(&vault, &left, &shown[3]).unwrap(), None);
        assert!(spend(&vault, &left, &shown[4]).unwrap().is_some());
        assert_eq!(spend(&vault, &kept, "").unwrap(), None);
        assert_eq!(spend(&Vault::new([8; 32]), &kept, &shown[3]).unwrap(), None);
    }
}
