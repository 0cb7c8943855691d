//! What a message says: plain text that cannot become anything else on its way.

use super::{Meant, Message};
use crate::problem::Problem;

/// Characters of a subject.
pub const SUBJECT_CHARS_MAX: usize = 120;
/// Characters of a text.
pub const TEXT_CHARS_MAX: usize = 4_000;

/// What the audit keeps of a message, and what is sent of it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) text: String,
    #[serde(flatten)]
    pub(crate) meant: Meant,
}

impl Written {
    /// What somebody wrote, with what is wrong with it; in a trial it may be left out.
    pub(super) fn check(message: &Message, trial: bool) -> (Self, Vec<Problem>) {
        let subject = message.subject.as_deref().unwrap_or_default().trim();
        let text = message.text.as_deref().unwrap_or_default().trim_end();
        let checks = [
            ("subject", &message.subject, why_no_subject(subject)),
            ("text", &message.text, why_no_text(text)),
        ];
        let wrong = checks.into_iter().filter_map(|(member, said, why)| {
            let message = why.filter(|_| said.is_some() || !trial)?;
            Some(Problem { path: member.to_owned(), message, ..Problem::default() })
        });
        let problems = wrong.collect();
        let (subject, text) = (subject.to_owned(), text.to_owned());
        (Self { subject, text, meant: message.meant.clone() }, problems)
    }
}

fn why_no_subject(subject: &str) -> Option<String> {
    let chars = subject.chars().count();
    let fits = (1..=SUBJECT_CHARS_MAX).contains(&chars) && !subject.chars().any(is_not_plain);
    let wanted =
        format!("is one line of 1 to {SUBJECT_CHARS_MAX} characters, none of them control");
    (!fits).then_some(wanted)
}

fn why_no_text(text: &str) -> Option<String> {
    let wrong = |char: char| is_not_plain(char) && !matches!(char, '\n' | '\t');
    let chars = text.chars().count();
    let fits = (1..=TEXT_CHARS_MAX).contains(&chars) && !text.trim().is_empty();
    let wanted = format!(
        "is plain text of 1 to {TEXT_CHARS_MAX} characters, without control characters but line \
         ends (`\\n`) and tabs"
    );
    (!fits || text.chars().any(wrong)).then_some(wanted)
}

/// What ends a line, or changes how what follows is shown: a subject could pass for another
/// header, a text for somebody else's.
fn is_not_plain(char: char) -> bool {
    let turns = matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(subject: &str, text: &str) -> Vec<String> {
        let (subject, text) = (Some(subject.to_owned()), Some(text.to_owned()));
        let message = Message { subject, text, meant: Meant::default() };
        let (_, problems) = Written::check(&message, false);
        problems.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_subject_is_one_line_and_a_text_is_plain() {
        assert_eq!(places(&"ü".repeat(120), &"ü".repeat(4_000)), [""; 0]);
        assert_eq!(places(" Maintenance ", "Line\n\tand another\n"), [""; 0]);
        assert_eq!(places(&"x".repeat(121), &"x".repeat(4_001)), ["subject", "text"]);
        for subject in ["", "  ", "a\nBcc: b@c", "a\r\nBcc: b@c", "a\rb", "a\u{85}b", "a\u{2028}b"]
        {
            assert_eq!(places(subject, "x"), ["subject"], "{subject:?}");
        }
        for text in ["", " \n", "a\r\nb", "a\0b", "a\u{1b}[2Jb", "a\u{202e}b", "a\u{7f}b"] {
            assert_eq!(places("x", text), ["text"], "{text:?}");
        }
    }

    #[test]
    fn in_a_trial_it_may_be_left_out_but_not_be_wrong() {
        let check = |message: &Message| Written::check(message, true).1.len();
        assert_eq!(check(&Message::default()), 0);
        let wrong = Message { subject: Some("a\nb".to_owned()), ..Message::default() };
        assert_eq!(check(&wrong), 1);
        assert_eq!(Written::check(&Message::default(), false).1.len(), 2);
    }
}
