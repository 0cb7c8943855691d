use catalog::{ResolvedCluster, ResolvedEndpoint};
use policies::Chain;
use serde_json::json;

use super::*;

fn grant(name: &str) -> Arc<Grant> {
    let spec = |value| serde_json::from_value(value).unwrap();
    let endpoint = json!({"cluster": "main", "topic": "t"});
    let cluster = ResolvedCluster {
        name: "main".to_owned(),
        spec: serde_json::from_value(json!({"bootstrapServers": ["a:1"]})).unwrap(),
        sasl_password: None,
        tls_key: None,
    };
    Arc::new(Grant {
        name: name.into(),
        subscription: serde_json::from_value(json!({
            "application": "a", "endpoint": "t", "plan": "p", "state": "active",
        }))
        .unwrap(),
        plan: serde_json::from_value(json!({"endpoint": "t"})).unwrap(),
        endpoint: Arc::new(ResolvedEndpoint { name: "t".to_owned(), spec: spec(endpoint) }),
        cluster: Arc::new(cluster),
        replay_window: None,
        chain: Ok(Arc::new(Chain::empty())),
    })
}

/// Notes offsets of the group `g`.
fn note(lags: &Lags, grant: &Arc<Grant>, offsets: &[(i32, i64)]) {
    let whose = Whose { group: "vc/app/g", consumer: "g", grant };
    lags.note(&whose, offsets.iter().copied());
}

/// Partition, committed offset and end of what is told.
fn told(lags: &Lags, ends: &[i64]) -> Vec<(i32, i64, i64)> {
    let changes = lags.changes(|_| Some(ends.to_vec()));
    changes.iter().map(|lag| (lag.partition, lag.committed, lag.log_end)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_has_changed_is_told_once() {
    let (lags, grant) = (Lags::default(), grant("s"));
    note(&lags, &grant, &[(0, 5), (1, -1), (2, 7), (9, 1)]);
    assert!(lags.changes(|_| None).is_empty(), "nobody reads it here");
    // Of partition 1 nothing is committed, and 9 is not known here.
    assert_eq!(told(&lags, &[10, 10, 6]), [(0, 5, 10), (2, 7, 7)]);
    assert_eq!(told(&lags, &[10, 10, 7]), []);
    // It grows also when nobody commits.
    assert_eq!(told(&lags, &[11, 10, 7]), [(0, 5, 11)]);
    note(&lags, &grant, &[(0, 11)]);
    assert_eq!(told(&lags, &[11, 10, 7]), [(0, 11, 11)]);
}

#[tokio::test(start_paused = true)]
async fn a_group_is_known_while_it_lives_here() {
    let (lags, grant) = (Lags::default(), grant("s"));
    note(&lags, &grant, &[(0, 5)]);
    tokio::time::advance(GROUP_LASTS / 2).await;
    lags.heard("vc/app/g");
    lags.heard("vc/app/other");
    tokio::time::advance(GROUP_LASTS / 2).await;
    assert_eq!(told(&lags, &[10]), [(0, 5, 10)]);
    tokio::time::advance(GROUP_LASTS).await;
    assert_eq!(told(&lags, &[20]), []);
    note(&lags, &grant, &[(0, 6)]);
    lags.forget("vc/app/g");
    assert_eq!(told(&lags, &[20]), [], "others may read on");
    assert_eq!(lags.0.lock().places, 0);
}

#[test]
fn what_is_remembered_is_bounded() {
    let (lags, grant) = (Lags::default(), grant("s"));
    let all: Vec<(i32, i64)> = (0..).take(PLACES_MAX).map(|partition| (partition, 1)).collect();
    note(&lags, &grant, &all);
    assert_eq!(lags.0.lock().places, PLACES_MAX);
    assert_eq!(told(&lags, &vec![1; PLACES_MAX]).len(), REPORTS_MAX);
    note(&lags, &grant, &[(0, 2)]);
    assert_eq!(lags.0.lock().places, 1);
}
