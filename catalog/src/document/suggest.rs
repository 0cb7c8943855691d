//! "Did you mean": the nearest of the words that would have been right.

/// Edits up to which a word counts as a typing error of another.
const EDITS_MAX: usize = 3;

/// The nearest candidate, if it is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase().replace(['_', '-'], "");
    let distance = |candidate: &str| {
        strsim::damerau_levenshtein(&folded, &candidate.to_lowercase().replace(['_', '-'], ""))
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(edits, candidate)| *edits <= EDITS_MAX.min(candidate.chars().count() / 2))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean …?`, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    // Distance is quadratic: an absurdly long word has no near candidate anyway.
    const WORD_CHARS_MAX: usize = 100;
    if word.chars().count() > WORD_CHARS_MAX {
        return String::new();
    }
    nearest(word, candidates).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The candidates as people read them.
pub fn one_of<'a>(candidates: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = candidates.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A word that somebody wrote, cut and escaped so that it can be shown.
pub fn shown(word: &str) -> String {
    const CHARS_MAX: usize = 60;
    let cut: String = word.chars().take(CHARS_MAX).flat_map(char::escape_debug).collect();
    if word.chars().nth(CHARS_MAX).is_some() { format!("{cut}…") } else { cut }
}
