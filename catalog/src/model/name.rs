//! What names may look like.

/// Longest resource name: a DNS label (RFC 1035), so that names fit into host names and metrics.
pub const NAME_CHARS_MAX: usize = 63;
/// Longest topic name: Kafka's own limit.
pub const TOPIC_CHARS_MAX: usize = 249;

/// Checks a resource name: small letters, digits and `-`, beginning and ending with a letter or
/// digit. Never `_`: it ends the credential id inside a secret.
///
/// # Errors
/// What is wrong and how to write it.
pub fn check_name(name: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() {
        return Err("a name may not be empty".to_owned());
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(format!("a name has at most {NAME_CHARS_MAX} characters"));
    }
    if let Some(bad) = name.chars().find(|c| !inner(*c)) {
        return Err(format!(
            "a name has only small letters (a-z), digits and `-`, not {}",
            shown(bad)
        ));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err("a name begins and ends with a letter or a digit, not with `-`".to_owned());
    }
    Ok(())
}

/// Checks a topic's name or an endpoint's address by Kafka's rule for topic names.
///
/// # Errors
/// What is wrong and how to write it.
pub fn check_topic(topic: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if topic.is_empty() || topic.chars().count() > TOPIC_CHARS_MAX {
        return Err(format!("has 1 to {TOPIC_CHARS_MAX} characters"));
    }
    if topic == "." || topic == ".." {
        return Err("may not be `.` or `..`".to_owned());
    }
    match topic.chars().find(|c| !legal(*c)) {
        Some(bad) => Err(format!("has only letters, digits, `.`, `_` and `-`, not {}", shown(bad))),
        None => Ok(()),
    }
}

/// A character so that it can be read in a terminal, whatever it is.
fn shown(c: char) -> String {
    format!("`{}`", c.escape_default())
}
