use std::time::Duration;

use bytes::Bytes;

use super::*;

const SESSION: Duration = Duration::from_secs(10);

fn ask(member_id: &str) -> Join {
    Join {
        who: Who { member_id: member_id.to_owned(), instance: None, generation: -1 },
        client_id: "c".to_owned(),
        host: "127.0.0.1".to_owned(),
        session: SESSION,
        rebalance: Duration::from_secs(60),
        protocol_type: "consumer".to_owned(),
        protocols: vec![("range".to_owned(), Bytes::from_static(b"says"))],
        id_first: false,
        may_skip: true,
    }
}

fn told<T>(reply: Reply<T>) -> Option<T> {
    match reply {
        Reply::Now(answer) => Some(answer),
        Reply::Later(mut waiting) => waiting.try_recv().ok(),
    }
}

fn waiting<T>(reply: Reply<T>) -> oneshot::Receiver<T> {
    match reply {
        Reply::Later(waiting) => waiting,
        Reply::Now(_) => panic!("answered at once"),
    }
}

fn who(joined: &Joined) -> Who {
    let member_id = joined.member_id.clone();
    Who { member_id, instance: None, generation: joined.generation }
}

fn sync(joined: &Joined, assignments: &[(&str, &'static [u8])]) -> Sync {
    let assignments = assignments.iter();
    let assignments = assignments.map(|(id, bytes)| ((*id).to_owned(), Bytes::from_static(bytes)));
    let (protocol_type, protocol) = (None, Some("range".to_owned()));
    Sync { who: who(joined), protocol_type, protocol, assignments: assignments.collect() }
}

/// A group of one that is stable.
fn stable(group: &mut Group, now: Instant) -> Joined {
    let first = told(group.join(ask(""), now)).expect("alone");
    let own = sync(&first, &[(&first.member_id, b"all")]);
    assert_eq!(told(group.sync(own, now)).expect("leads").assignment, "all");
    assert_eq!(group.phase(), Phase::Stable);
    first
}

#[test]
fn two_members_share_and_one_goes() {
    let (mut group, now) = (Group::default(), Instant::now());
    let first = stable(&mut group, now);
    assert_eq!((first.generation, &first.leader), (1, &first.member_id));
    let mut second = waiting(group.join(ask(""), now));
    assert_eq!(group.heartbeat(&who(&first), now), Err(code::REBALANCE_IN_PROGRESS));
    assert_eq!(group.may_commit(&who(&first), now), Ok(()), "before it joins again");
    let again = told(group.join(ask(&first.member_id), now)).expect("all are there");
    let second = second.try_recv().expect("all are there");
    assert_eq!((again.generation, second.generation, again.members.len()), (2, 2, 2));
    assert_eq!((second.leader.clone(), second.members.len()), (again.leader.clone(), 0));
    assert_eq!(group.may_commit(&who(&again), now), Err(code::REBALANCE_IN_PROGRESS));
    let mut other = waiting(group.sync(sync(&second, &[]), now));
    assert!(other.try_recv().is_err(), "the leader did not assign yet");
    let shares: [(&str, &'static [u8]); 2] = [(&again.member_id, b"a"), (&second.member_id, b"b")];
    let own = told(group.sync(sync(&again, &shares), now)).expect("leads");
    let other = other.try_recv().expect("assigned");
    assert_eq!((own.assignment, other.assignment), (Bytes::from("a"), Bytes::from("b")));
    assert_eq!(group.heartbeat(&who(&first), now), Err(code::ILLEGAL_GENERATION));
    assert_eq!(group.heartbeat(&who(&second), now), Ok(()));
    group.leave(&who(&again), now).expect("it is there");
    assert_eq!(group.phase(), Phase::Preparing);
    let alone = told(group.join(ask(&second.member_id), now)).expect("alone");
    assert_eq!((alone.generation, &alone.leader), (3, &second.member_id));
    group.leave(&who(&alone), now).expect("it is there");
    assert_eq!((group.phase(), group.deadline()), (Phase::Empty, None));
    assert_eq!(group.leave(&who(&alone), now), Err(code::UNKNOWN_MEMBER_ID));
}

#[test]
fn who_stays_silent_is_put_out() {
    let (mut group, start) = (Group::default(), Instant::now());
    let first = stable(&mut group, start);
    assert_eq!(group.deadline(), Some(start + SESSION));
    let later = start + SESSION / 2;
    group.heartbeat(&who(&first), later).expect("in time");
    group.expire(start + SESSION);
    assert_eq!(group.phase(), Phase::Stable);
    // While another waits for it to come, its session still counts.
    let mut second = waiting(group.join(ask(""), later));
    group.expire(later + SESSION);
    let second = second.try_recv().expect("the first is out");
    assert_eq!((second.generation, second.members.len()), (2, 1));
    // A leader that never assigns is out after the rebalance's time.
    let mut follower = ask("");
    follower.rebalance = Duration::from_secs(1);
    group.expire(later + SESSION * 3);
    assert_eq!(group.phase(), Phase::Empty);
    assert_eq!(group.heartbeat(&who(&second), later), Err(code::UNKNOWN_MEMBER_ID));
}

#[test]
fn a_rebalance_waits_no_longer_than_it_may() {
    let (mut group, now) = (Group::default(), Instant::now());
    let first = stable(&mut group, now);
    let mut second = waiting(group.join(ask(""), now));
    let ends = now + Duration::from_secs(60);
    let mut beat = now;
    while beat < ends {
        // It is heard from, and does not join.
        let heard = group.heartbeat(&who(&first), beat);
        assert_eq!(heard, Err(code::REBALANCE_IN_PROGRESS));
        group.expire(beat);
        assert!(second.try_recv().is_err());
        beat += SESSION / 2;
    }
    group.expire(ends);
    let second = second.try_recv().expect("time is up");
    assert_eq!((second.generation, second.members.len()), (2, 1));
    assert_eq!(group.heartbeat(&who(&first), ends), Err(code::UNKNOWN_MEMBER_ID));
}

#[test]
fn ids_are_given_first_and_protocols_must_agree() {
    let (mut group, now) = (Group::default(), Instant::now());
    let given = told(group.join(Join { id_first: true, ..ask("") }, now)).expect("sent back");
    assert_eq!((given.code, given.generation), (code::MEMBER_ID_REQUIRED, -1));
    assert_eq!(group.phase(), Phase::Empty);
    let first = told(group.join(ask(&given.member_id), now)).expect("alone");
    assert_eq!((first.code, &first.member_id), (0, &given.member_id));
    let refused = |group: &mut Group, ask| told(group.join(ask, now)).expect("refused").code;
    let mut other = ask("");
    other.protocols[0].0 = "sticky".to_owned();
    assert_eq!(refused(&mut group, other), code::INCONSISTENT_GROUP_PROTOCOL);
    let mut other = ask("");
    other.protocol_type = "connect".to_owned();
    assert_eq!(refused(&mut group, other), code::INCONSISTENT_GROUP_PROTOCOL);
    assert_eq!(refused(&mut group, ask("nobody")), code::UNKNOWN_MEMBER_ID);
    let short = Join { session: Duration::from_millis(1), ..ask("") };
    assert_eq!(refused(&mut group, short), code::INVALID_SESSION_TIMEOUT);
    // An id that nobody uses holds a rebalance up for one session.
    told(group.join(Join { id_first: true, ..ask("") }, now)).expect("sent back");
    let mut again = waiting(group.join(
        Join {
            protocols: vec![("range".to_owned(), Bytes::from_static(b"more"))],
            ..ask(&first.member_id)
        },
        now,
    ));
    assert!(again.try_recv().is_err());
    group.expire(now + SESSION);
    assert_eq!(again.try_recv().expect("nobody came").generation, 2);
}

#[test]
fn a_member_with_an_instance_comes_back_as_itself() {
    let (mut group, now) = (Group::default(), Instant::now());
    let instance = || {
        let mut ask = ask("");
        ask.who.instance = Some("one".to_owned());
        ask
    };
    let first = told(group.join(instance(), now)).expect("alone");
    let mut own = sync(&first, &[(&first.member_id, b"all")]);
    own.who.instance = Some("one".to_owned());
    told(group.sync(own.clone(), now)).expect("leads");
    let back = told(group.join(instance(), now)).expect("no rebalance");
    assert_eq!((back.generation, back.skips, group.phase()), (1, true, Phase::Stable));
    assert_ne!(back.member_id, first.member_id);
    assert_eq!(group.heartbeat(&own.who, now), Err(code::FENCED_INSTANCE_ID));
    own.who.member_id.clone_from(&back.member_id);
    assert_eq!(told(group.sync(own, now)).expect("stable").assignment, "all");
    let gone = Who { instance: Some("one".to_owned()), ..Who::default() };
    assert_eq!((group.leave(&gone, now), group.phase()), (Ok(()), Phase::Empty));
}

#[test]
fn offsets_are_committed_by_members_or_while_there_are_none() {
    let (mut groups, now) = (Groups::default(), Instant::now());
    let nobody = Who { generation: -1, ..Who::default() };
    let place = |index| ("t".to_owned(), index);
    let at = |offset| Committed { offset, leader_epoch: -1, metadata: String::new() };
    let group = groups.obtain("g").expect("room");
    assert_eq!(group.may_commit(&nobody, now), Ok(()));
    group.commit(place(0), at(5), None).expect("room");
    let member = stable(group, now);
    assert_eq!(group.may_commit(&nobody, now), Err(code::UNKNOWN_MEMBER_ID));
    assert_eq!(group.may_commit(&who(&member), now), Ok(()));
    let long = Committed { metadata: "x".repeat(5_000), ..at(1) };
    assert_eq!(group.commit(place(0), long, None), Err(code::OFFSET_METADATA_TOO_LARGE));
    // In a transaction: seen when it commits, and not when it aborts.
    for (index, producer) in [(0, 1), (1, 2)] {
        group.commit(place(index), at(9), Some(producer)).expect("room");
    }
    assert!(group.is_undecided("t", 0) && group.committed("t", 0) == Some(&at(5)));
    assert_eq!(groups.delete("g"), Err(code::NON_EMPTY_GROUP));
    groups.end_transaction("g", 1, true);
    groups.end_transaction("g", 2, false);
    let group = groups.get("g").expect("there");
    assert_eq!((group.committed("t", 0), group.committed("t", 1)), (Some(&at(9)), None));
    assert!(!group.is_undecided("t", 0));
    groups.forget_topic("t");
    assert_eq!(groups.get("g").expect("there").all_committed().count(), 0);
    assert_eq!(groups.delete("other"), Err(code::GROUP_ID_NOT_FOUND));
    assert_eq!(groups.obtain("").map(|_| ()), Err(code::INVALID_GROUP_ID));
}
