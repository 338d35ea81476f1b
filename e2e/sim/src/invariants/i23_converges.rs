//! Once faults end everything gets to where it should be and stays there, or says who is awaited (I23).

use super::Fact;

/// Writes that may still be made after all is as wanted: late echoes.
const RESTLESS_MAX: u64 = 0;

/// Fires when something differs in silence, and when it never comes to rest.
pub(super) fn check(fact: &Fact) -> Option<String> {
    let Fact::Settled { after_ms, differences, awaited, restless } = fact else { return None };
    if let (Some(first), None) = (differences.first(), awaited) {
        return Some(format!(
            "{after_ms} ms after the last fault {first} ({} differences), and nobody is named",
            differences.len()
        ));
    }
    (*restless > RESTLESS_MAX).then(|| format!("{restless} writes were made after all was as wanted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(differences: &[&str], awaited: Option<&str>, restless: u64) -> Option<String> {
        let differences = differences.iter().map(|text| (*text).to_owned()).collect();
        check(&Fact::Settled { after_ms: 90_000, differences, awaited: awaited.map(str::to_owned), restless })
    }

    #[test]
    fn fires_on_silence_and_on_unrest() {
        assert!(settled(&["hz-a lacks a pod"], None, 0).is_some());
        assert_eq!(settled(&["hz-a lacks a pod"], Some("WaitingForClusters: hz-a"), 0), None);
        assert_eq!(settled(&[], None, 0), None);
        assert!(settled(&[], None, 1).is_some());
    }
}
