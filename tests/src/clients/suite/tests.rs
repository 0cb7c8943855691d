use super::*;

fn case(name: &str, verdict: Verdict) -> Case {
    Case { name: name.to_owned(), verdict, told: Vec::new() }
}

fn failed() -> Verdict {
    Verdict::Failed("lost".to_owned())
}

#[test]
fn what_passes_direct_must_pass_through() {
    let direct = [case("a", Verdict::Passed), case("b", Verdict::Unsupported("no".to_owned()))];
    assert_eq!(compare(&direct, &direct), Result::Passed(1, 1));
    let through = [case("a", failed())];
    assert_eq!(compare(&direct, &through), Result::Failed("a: lost".to_owned()));
    assert_eq!(compare(&direct, &[]), Result::Failed("a: did not run".to_owned()));
}

#[test]
fn what_fails_direct_is_not_the_gateways_fault() {
    let direct = [case("a", failed())];
    assert_eq!(compare(&direct, &direct), Result::Broken("a: lost".to_owned()));
}

#[test]
fn other_records_than_direct_are_a_failure() {
    let seen = super::super::record::Seen {
        partition: 0,
        offset: 1,
        timestamp: 2,
        key: None,
        value: None,
        headers: Vec::new(),
    };
    let mut direct = case("a", Verdict::Passed);
    direct.told.push(seen);
    let through = case("a", Verdict::Passed);
    let wanted = Result::Failed("a: other records than direct".to_owned());
    assert_eq!(compare(&[direct], &[through]), wanted);
}

#[test]
fn the_list_of_exceptions_is_short_and_has_reasons() {
    let list = Allowed::read().unwrap();
    assert!(list.len() <= super::super::allowed::LINES_MAX);
    assert!(Allowed::parse("rskafka C1").is_err());
    assert!(Allowed::parse("nobody C1: a reason").is_err());
    let list = Allowed::parse("# why\n\nrskafka C1: it has no groups\n").unwrap();
    let excused =
        excuse(Result::Failed(String::new()), &list, (Scenario::Consume, Client::Rskafka));
    assert_eq!(excused, Result::Allowed("it has no groups".to_owned()));
}
