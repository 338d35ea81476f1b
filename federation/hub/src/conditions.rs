//! Conditions as Kubernetes keeps them: the time of the last transition stays while the status does.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

/// Messages are cut off here, so that one error cannot fill a status.
const MESSAGE_CHARS_MAX: usize = 1024;

/// Adds or replaces the condition `type_`.
pub fn set(
    conditions: &mut Vec<Condition>,
    (type_, status, reason): (&str, &str, &str),
    message: &str,
    generation: i64,
    now: Timestamp,
) {
    let message = cut(message);
    let found = conditions.iter_mut().find(|condition| condition.type_ == type_);
    match found {
        Some(condition) => {
            if condition.status != status {
                condition.last_transition_time = Time(now);
            }
            condition.status = status.to_owned();
            condition.reason = reason.to_owned();
            condition.message = message;
            condition.observed_generation = Some(generation);
        }
        None => conditions.push(Condition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message,
            last_transition_time: Time(now),
            observed_generation: Some(generation),
        }),
    }
}

/// The condition of that type.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

fn cut(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &message[..at]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_time_stays_while_the_status_does() {
        let mut conditions = Vec::new();
        set(&mut conditions, ("Available", "False", "NotAvailable"), "1 of 2", 1, at(10));
        set(&mut conditions, ("Available", "False", "NotAvailable"), "0 of 2", 1, at(20));
        assert_eq!(conditions[0].last_transition_time, Time(at(10)));
        set(&mut conditions, ("Available", "True", "AllAvailable"), "2 of 2", 2, at(30));
        assert_eq!(conditions.len(), 1);
        assert_eq!(find(&conditions, "Available").unwrap().last_transition_time, Time(at(30)));
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let mut conditions = Vec::new();
        set(&mut conditions, ("Applied", "False", "ApplyFailed"), &"ä".repeat(3000), 1, at(1));
        assert_eq!(conditions[0].message.chars().count(), MESSAGE_CHARS_MAX + 1);
    }
}
