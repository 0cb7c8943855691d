use super::*;

fn cell(client: Client, scenario: Scenario, result: Result) -> Cell {
    Cell { scenario, client, result }
}

#[test]
fn a_run_of_a_part_replaces_its_own_cells_only() {
    let page = format!(
        "before\n{START}| client | C1 | C3 | C99 |\n| --- | --- | --- | --- |\n\
         | franz-go {0} | ✓ | ✗ | ✓ |\n| franz-go 0.0.1 | ✓ | ✓ | ✓ |\n{END}after\n",
        Client::Franz.version()
    );
    let cells = [
        cell(Client::Franz, Scenario::Filter, Result::Passed(1, 0)),
        cell(Client::Rskafka, Scenario::Filter, Result::Allowed("why".to_owned())),
    ];
    let allowed = Allowed::parse("rskafka C3: why").unwrap();
    let merged = merge(&page, &cells, &allowed).unwrap();
    let wanted = format!(
        "before\n{START}| client | C1 | C3 |\n| --- | --- | --- |\n| franz-go {} | ✓ | ✓ |\n\
         | rskafka {} |  | (✓) |\n\n{LEGEND}\n* rskafka C3: why\n{END}after\n",
        Client::Franz.version(),
        Client::Rskafka.version()
    );
    assert_eq!(merged, wanted);
    // Once more: the same.
    assert_eq!(merge(&merged, &cells, &allowed).unwrap(), merged);
}

#[test]
fn pages_have_a_place_for_it() {
    for page in PAGES {
        let text = std::fs::read_to_string(crate::repository().join(page)).unwrap();
        assert!(merge(&text, &[], &Allowed::default()).is_ok(), "{page}");
    }
}
