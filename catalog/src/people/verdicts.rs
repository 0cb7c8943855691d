//! Who may do what: the one table. What has no row is allowed to nobody.

use super::Operation::{
    self, Consume, Decide, Delete, ExportVerifiers, Message, Move, Read, ReadAudit, ReadRecords,
    ReadSettings, Revoke, SetPassword, Write,
};
use crate::model::Kind::{
    self, Application, Cluster, Credential, Domain, Endpoint, Key, Plan, Policy, Subscription,
    Team, Token, User,
};

/// How far a role lets somebody do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Not at all.
    No,
    /// With what is theirs: their own user and tokens, their teams' endpoints and what hangs on
    /// them, their teams' applications and what hangs on those.
    Own,
    /// With what is theirs or shown to their teams.
    Seen,
    /// With everything.
    Any,
}

use Verdict::{Any, No, Own, Seen};

/// An operation on a kind of resource (none: on the whole), and the verdict for each role in the
/// order of [`super::Role::ALL`].
pub type Row = (Operation, Option<Kind>, [Verdict; 6]);

/// The table. Columns: admin, operator, owner, security officer, auditor, developer.
#[rustfmt::skip]
pub const VERDICTS: &[Row] = &[
    (Read,            Some(Domain),       [Any, Any, Any,  Any, Any, Any]),
    (Read,            Some(Team),         [Any, Any, Any,  Any, Any, Any]),
    (Read,            Some(User),         [Any, Any, Own,  Any, Any, Own]),
    (Read,            Some(Token),        [Any, Own, Own,  Any, Any, Own]),
    (Read,            Some(Cluster),      [Any, Any, Any,  Any, Any, No]),
    (Read,            Some(Key),          [Any, Any, Any,  Any, Any, No]),
    (Read,            Some(Policy),       [Any, Any, Any,  Any, Any, No]),
    (Read,            Some(Endpoint),     [Any, Any, Seen, Any, Any, Seen]),
    (Read,            Some(Plan),         [Any, Any, Seen, Any, Any, Seen]),
    (Read,            Some(Application),  [Any, Any, Own,  Any, Any, Own]),
    (Read,            Some(Subscription), [Any, Any, Own,  Any, Any, Own]),
    (Read,            Some(Credential),   [Any, Any, Own,  Any, Any, Own]),

    (Write,           Some(Domain),       [Any, Any, Own,  No,  No,  No]),
    (Write,           Some(Team),         [Any, No,  No,   No,  No,  No]),
    (Write,           Some(User),         [Any, No,  No,   No,  No,  No]),
    (Write,           Some(Token),        [Any, Own, Own,  Own, Own, Own]),
    (Write,           Some(Cluster),      [Any, Any, No,   No,  No,  No]),
    (Write,           Some(Key),          [Any, No,  No,   Any, No,  No]),
    (Write,           Some(Policy),       [Any, No,  Own,  Any, No,  No]),
    (Write,           Some(Endpoint),     [Any, No,  Own,  No,  No,  No]),
    (Write,           Some(Plan),         [Any, No,  Own,  No,  No,  No]),
    (Write,           Some(Application),  [Any, No,  Own,  No,  No,  Own]),
    (Write,           Some(Subscription), [Any, No,  Own,  No,  No,  Own]),
    (Write,           Some(Credential),   [Any, No,  Own,  No,  No,  Own]),

    (Delete,          Some(Domain),       [Any, Any, Own,  No,  No,  No]),
    (Delete,          Some(Team),         [Any, No,  No,   No,  No,  No]),
    (Delete,          Some(User),         [Any, No,  No,   No,  No,  No]),
    (Delete,          Some(Token),        [Any, Own, Own,  Own, Own, Own]),
    (Delete,          Some(Cluster),      [Any, Any, No,   No,  No,  No]),
    (Delete,          Some(Key),          [Any, No,  No,   Any, No,  No]),
    (Delete,          Some(Policy),       [Any, No,  Own,  Any, No,  No]),
    (Delete,          Some(Endpoint),     [Any, No,  Own,  No,  No,  No]),
    (Delete,          Some(Plan),         [Any, No,  Own,  No,  No,  No]),
    (Delete,          Some(Application),  [Any, No,  Own,  No,  No,  Own]),
    (Delete,          Some(Subscription), [Any, No,  Own,  No,  No,  Own]),
    (Delete,          Some(Credential),   [Any, No,  Own,  No,  No,  Own]),

    (Decide,          Some(Subscription), [Any, No,  Own,  Any, No,  No]),
    (Revoke,          Some(Subscription), [Any, No,  Own,  Any, No,  Own]),
    (Revoke,          Some(Credential),   [Any, No,  Own,  Any, No,  Own]),
    (Revoke,          Some(Token),        [Any, Own, Own,  Any, Own, Own]),
    (Move,            Some(Endpoint),     [Any, No,  Own,  No,  No,  No]),
    (Message,         Some(Endpoint),     [Any, No,  Own,  Any, No,  No]),
    (Consume,         Some(Subscription), [Any, No,  Own,  No,  No,  Own]),
    (SetPassword,     Some(User),         [Any, Own, Own,  Own, Own, Own]),
    (ExportVerifiers, None,               [Any, No,  No,   No,  No,  No]),
    (ReadAudit,       None,               [Any, No,  No,   Any, Any, No]),
    (ReadSettings,    None,               [Any, Any, No,   Any, Any, No]),
    (ReadRecords,     Some(Cluster),      [Any, No,  Own,  No,  No,  No]),
    (ReadRecords,     Some(Endpoint),     [Any, No,  Own,  No,  No,  No]),
];

/// The verdicts of a row; [`Verdict::No`] for every role where there is none.
pub(super) fn row(operation: Operation, kind: Option<Kind>) -> [Verdict; 6] {
    let found = VERDICTS.iter().find(|(of, on, _)| (*of, *on) == (operation, kind));
    found.map_or([No; 6], |(_, _, verdicts)| *verdicts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_can_be_read_written_and_deleted_by_somebody_and_no_row_comes_twice() {
        for kind in Kind::ALL {
            for operation in [Read, Write, Delete] {
                let rows = VERDICTS.iter().filter(|row| (row.0, row.1) == (operation, Some(kind)));
                assert_eq!(rows.count(), 1, "{operation:?} {kind}");
            }
        }
        for (at, row) in VERDICTS.iter().enumerate() {
            let again = VERDICTS[at + 1..].iter().any(|other| (other.0, other.1) == (row.0, row.1));
            assert!(!again, "{row:?}");
        }
        assert_eq!(row(Move, Some(Cluster)), [No; 6]);
    }

    #[test]
    fn nobody_changes_what_they_may_not_see_and_auditors_change_nothing_of_others() {
        for (operation, kind, verdicts) in VERDICTS.iter().filter(|row| row.1.is_some()) {
            let read = row(Read, *kind);
            for (may, see) in verdicts.iter().zip(read) {
                assert!(*may <= see, "{operation:?} {kind:?}");
            }
            let auditor = verdicts[4];
            assert!(*operation == Read || auditor <= Own, "{operation:?} {kind:?}");
        }
    }
}
