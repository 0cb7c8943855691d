use super::*;

#[test]
fn samples_are_read_and_summed() {
    let text = "# HELP a b\n# TYPE a counter\na_total{x=\"1\",y=\"q\\\"}\\n\"} 3\n\
                a_total{x=\"2\"} 4 17\nb 1e3\nc_bucket{le=\"+Inf\"} +Inf\n# EOF\n";
    let metrics = Metrics::parse(text).expect("valid");
    assert_eq!(metrics.sum("a_total", &[]), 7.0);
    assert_eq!(metrics.sum("a_total", &[("x", "2")]), 4.0);
    assert_eq!(metrics.sum("a_total", &[("y", "q\"}\n")]), 3.0);
    assert_eq!(metrics.sum("b", &[]), 1000.0);
    assert_eq!(metrics.sum("nothing", &[]), 0.0);
    assert!(metrics.has("c_bucket", &[("le", "+Inf")]));
}

#[test]
fn broken_lines_are_errors() {
    for bad in ["a", "a{x=\"1} 1", "a{x} 1", "a one"] {
        assert!(Metrics::parse(bad).is_err(), "{bad}");
    }
}
