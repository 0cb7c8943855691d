//! Consumer groups: finding the coordinator (this node), joining, staying, leaving, and being
//! listed.

use std::time::Duration;

use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{
    BrokerId, DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest,
    DescribeGroupsResponse, FindCoordinatorRequest, FindCoordinatorResponse, GroupId,
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    LeaveGroupResponse, ListGroupsRequest, ListGroupsResponse, SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::cluster::place;
use super::{Asker, text};
use crate::code;
use crate::group::{Group, Join, Joined, Member, Reply, Sync, Synced, Who};
use crate::server::NODE_ID;
use crate::state::Shared;

/// Coordinators of groups (0) and of transactions (1) are asked for.
const KEY_TYPES: std::ops::RangeInclusive<i8> = 0..=1;
/// From this version on, many coordinators are asked for at once.
const KEYS_SINCE: i16 = 4;
/// From this version on, members without an id are sent back for one (KIP-394).
const ID_FIRST_SINCE: i16 = 4;
/// From this version on, a leader can be told to assign nothing (KIP-814).
const SKIPS_SINCE: i16 = 9;
/// From this version on, a protocol may be absent in the answer.
const NULL_PROTOCOL_SINCE: i16 = 7;
/// From this version on, several members leave at once (KIP-345).
const MEMBERS_SINCE: i16 = 3;
/// From this version on, a group that is not there is an error (KIP-1043).
const NOT_FOUND_SINCE: i16 = 6;
/// The name of groups of this protocol (KIP-848).
const CLASSIC: &str = "classic";
/// The state of a group that is not there.
const DEAD: &str = "Dead";

/// A member, as its request names it.
pub(super) fn who(member_id: &StrBytes, instance: Option<&StrBytes>, generation: i32) -> Who {
    Who {
        member_id: member_id.to_string(),
        instance: instance.map(|id| id.to_string()),
        generation,
    }
}

pub(super) fn find(
    shared: &Shared,
    asked: &FindCoordinatorRequest,
    version: i16,
) -> FindCoordinatorResponse {
    let known = KEY_TYPES.contains(&asked.key_type);
    let code = if known { code::NONE } else { code::INVALID_REQUEST };
    let (host, port) = place(shared);
    if version >= KEYS_SINCE {
        let coordinators = asked.coordinator_keys.iter().map(|key| {
            Coordinator::default()
                .with_key(key.clone())
                .with_error_code(code)
                .with_node_id(BrokerId(NODE_ID))
                .with_host(text(host.as_str()))
                .with_port(port)
        });
        return FindCoordinatorResponse::default().with_coordinators(coordinators.collect());
    }
    FindCoordinatorResponse::default()
        .with_error_code(code)
        .with_node_id(BrokerId(NODE_ID))
        .with_host(text(host))
        .with_port(port)
}

fn duration(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

pub(super) async fn join(
    shared: &Shared,
    asker: &Asker,
    asked: JoinGroupRequest,
) -> JoinGroupResponse {
    let session = duration(asked.session_timeout_ms);
    let rebalance = duration(asked.rebalance_timeout_ms);
    let protocols = asked.protocols.into_iter();
    let ask = Join {
        who: who(&asked.member_id, asked.group_instance_id.as_ref(), -1),
        client_id: asker.client_id.clone(),
        host: asker.host.clone(),
        session,
        // Version 0 has none of its own.
        rebalance: if asker.version == 0 { session } else { rebalance },
        protocol_type: asked.protocol_type.to_string(),
        protocols: protocols.map(|one| (one.name.to_string(), one.metadata)).collect(),
        id_first: asker.version >= ID_FIRST_SINCE,
        may_skip: asker.version >= SKIPS_SINCE,
    };
    let reply = {
        let mut state = shared.state.lock();
        match state.groups.obtain(asked.group_id.as_str()) {
            Ok(group) => group.join(ask, Instant::now()),
            Err(code) => Reply::Now(Joined::refused(code, asked.member_id.as_str())),
        }
    };
    shared.deadlines.notify_one();
    let joined = match reply {
        Reply::Now(joined) => joined,
        // The group is gone with everything that it was asked.
        Reply::Later(joined) => joined
            .await
            .unwrap_or_else(|_| Joined::refused(code::UNKNOWN_MEMBER_ID, asked.member_id.as_str())),
    };
    joined_answer(joined, asker.version)
}

fn joined_answer(joined: Joined, version: i16) -> JoinGroupResponse {
    let protocol = joined.protocol.map(text);
    let protocol = protocol.or_else(|| (version < NULL_PROTOCOL_SINCE).then(StrBytes::default));
    let members = joined.members.into_iter().map(|(id, instance, metadata)| {
        JoinGroupResponseMember::default()
            .with_member_id(text(id))
            .with_group_instance_id(instance.map(text))
            .with_metadata(metadata)
    });
    JoinGroupResponse::default()
        .with_error_code(joined.code)
        .with_generation_id(joined.generation)
        .with_protocol_type(joined.protocol_type.map(text))
        .with_protocol_name(protocol)
        .with_leader(text(joined.leader))
        .with_skip_assignment(joined.skips)
        .with_member_id(text(joined.member_id))
        .with_members(members.collect())
}

pub(super) async fn sync(shared: &Shared, asked: SyncGroupRequest) -> SyncGroupResponse {
    let instance = asked.group_instance_id.as_ref();
    let assignments = asked.assignments.into_iter();
    let ask = Sync {
        who: who(&asked.member_id, instance, asked.generation_id),
        protocol_type: asked.protocol_type.map(|name| name.to_string()),
        protocol: asked.protocol_name.map(|name| name.to_string()),
        assignments: assignments.map(|one| (one.member_id.to_string(), one.assignment)).collect(),
    };
    let reply = {
        let mut state = shared.state.lock();
        match state.groups.get_mut(asked.group_id.as_str()) {
            Some(group) => group.sync(ask, Instant::now()),
            None => Reply::Now(Synced::refused(code::UNKNOWN_MEMBER_ID)),
        }
    };
    shared.deadlines.notify_one();
    let synced = match reply {
        Reply::Now(synced) => synced,
        Reply::Later(synced) => {
            synced.await.unwrap_or_else(|_| Synced::refused(code::UNKNOWN_MEMBER_ID))
        }
    };
    SyncGroupResponse::default()
        .with_error_code(synced.code)
        .with_protocol_type(synced.protocol_type.map(text))
        .with_protocol_name(synced.protocol.map(text))
        .with_assignment(synced.assignment)
}

pub(super) fn heartbeat(shared: &Shared, asked: &HeartbeatRequest) -> HeartbeatResponse {
    let who = who(&asked.member_id, asked.group_instance_id.as_ref(), asked.generation_id);
    let mut state = shared.state.lock();
    let group = state.groups.get_mut(asked.group_id.as_str());
    let heard =
        group.map_or(Err(code::UNKNOWN_MEMBER_ID), |group| group.heartbeat(&who, Instant::now()));
    HeartbeatResponse::default().with_error_code(heard.err().unwrap_or(code::NONE))
}

pub(super) fn leave(
    shared: &Shared,
    asked: &LeaveGroupRequest,
    version: i16,
) -> LeaveGroupResponse {
    let mut state = shared.state.lock();
    let mut group = state.groups.get_mut(asked.group_id.as_str());
    let mut one = |who: Who| {
        let group = group.as_mut().ok_or(code::UNKNOWN_MEMBER_ID);
        group.and_then(|group| group.leave(&who, Instant::now())).err().unwrap_or(code::NONE)
    };
    if version < MEMBERS_SINCE {
        let code = one(who(&asked.member_id, None, -1));
        return LeaveGroupResponse::default().with_error_code(code);
    }
    let members = asked.members.iter().map(|member| {
        MemberResponse::default()
            .with_member_id(member.member_id.clone())
            .with_group_instance_id(member.group_instance_id.clone())
            .with_error_code(one(who(&member.member_id, member.group_instance_id.as_ref(), -1)))
    });
    LeaveGroupResponse::default().with_members(members.collect())
}

pub(super) fn list(shared: &Shared, asked: &ListGroupsRequest) -> ListGroupsResponse {
    let state = shared.state.lock();
    let among = |wanted: &[StrBytes], name: &str| {
        wanted.is_empty() || wanted.iter().any(|one| one.as_str().eq_ignore_ascii_case(name))
    };
    let groups = state.groups.iter().filter(|(_, group)| {
        among(&asked.states_filter, group.phase().name()) && among(&asked.types_filter, CLASSIC)
    });
    let groups = groups.map(|(id, group)| {
        ListedGroup::default()
            .with_group_id(GroupId(text(id)))
            .with_protocol_type(text(group.protocol_type()))
            .with_group_state(text(group.phase().name()))
            .with_group_type(text(CLASSIC))
    });
    ListGroupsResponse::default().with_groups(groups.collect())
}

pub(super) fn describe(
    shared: &Shared,
    asked: &DescribeGroupsRequest,
    version: i16,
) -> DescribeGroupsResponse {
    let state = shared.state.lock();
    let groups = asked.groups.iter().map(|id| {
        let described = DescribedGroup::default().with_group_id(id.clone());
        match state.groups.get(id.as_str()) {
            Some(group) => described_group(described, group),
            None if version < NOT_FOUND_SINCE => described.with_group_state(text(DEAD)),
            None => described
                .with_group_state(text(DEAD))
                .with_error_code(code::GROUP_ID_NOT_FOUND)
                .with_error_message(Some(text(format!("Group {} not found.", id.as_str())))),
        }
    });
    DescribeGroupsResponse::default().with_groups(groups.collect())
}

fn described_group(described: DescribedGroup, group: &Group) -> DescribedGroup {
    let member = |(id, member): (&str, &Member)| {
        DescribedGroupMember::default()
            .with_member_id(text(id))
            .with_group_instance_id(member.instance.clone().map(text))
            .with_client_id(text(member.client_id.as_str()))
            .with_client_host(text(format!("/{}", member.host)))
            .with_member_metadata(member.metadata(group.protocol()))
            .with_member_assignment(member.assignment.clone())
    };
    described
        .with_group_state(text(group.phase().name()))
        .with_protocol_type(text(group.protocol_type()))
        .with_protocol_data(text(group.protocol()))
        .with_members(group.members().map(member).collect())
}

pub(super) fn delete(shared: &Shared, asked: &DeleteGroupsRequest) -> DeleteGroupsResponse {
    let mut state = shared.state.lock();
    let results = asked.groups_names.iter().map(|id| {
        let deleted = state.groups.delete(id.as_str());
        DeletableGroupResult::default()
            .with_group_id(id.clone())
            .with_error_code(deleted.err().unwrap_or(code::NONE))
    });
    DeleteGroupsResponse::default().with_results(results.collect())
}
