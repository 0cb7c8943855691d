//! A hundred thousand events of four codecs, under three chains, over Kafka, Server-Sent Events and
//! WebSocket at once, from two gateways on one PostgreSQL that are killed in turn: the same images
//! in the same order, nothing lost, and again only what each door says may come again.

mod events;
mod readers;
mod scene;
mod seen;

use std::time::Duration;

use tests::load::size;
use tests::{run, say};

use events::{CHAINS, EVENTS};
use scene::Scene;
use seen::Seen;

/// How long a gateway lives between two kills.
const ALIVE: Duration = Duration::from_millis(1_500);

#[test]
fn all_doors_show_the_same_while_gateways_are_killed() {
    let kills_min = size("SLUICEGATE_KILLS", 6);
    run(420, async move {
        let scene = Scene::start().await?;
        let mut doors = Vec::new();
        for chain in &CHAINS {
            doors.push((
                chain,
                tokio::spawn(readers::over_kafka(scene.clone(), chain)),
                tokio::spawn(readers::over_sse(scene.clone(), chain)),
                tokio::spawn(readers::over_websocket(scene.clone(), chain)),
            ));
        }
        let bootstrap = scene.kafka.bootstrap();
        let producing = tokio::task::spawn_blocking(move || events::produce(&bootstrap));
        let mut kills = 0_usize;
        while kills < usize::try_from(kills_min)? || !producing.is_finished() {
            tokio::time::sleep(ALIVE).await;
            let victim = &scene.gateways[kills % scene.gateways.len()];
            victim.sigkill();
            victim.run().await?;
            victim.ready(scene::LIMIT).await?;
            kills += 1;
        }
        producing.await??;
        for (chain, kafka, sse, websocket) in doors {
            let seen: [Seen; 3] = [kafka.await??, sse.await??, websocket.await??];
            for seen in &seen {
                say(&format!("{}: {} events, {seen}", chain.name, chain.shown()));
                assert_eq!(seen.count(), chain.shown(), "{}: {}", chain.name, seen.door);
                assert!(seen.again_beyond.is_none(), "{}: {:?}", seen.door, seen.again_beyond);
            }
            for other in &seen[1..] {
                let difference = seen[0].difference(other);
                assert!(difference.is_none(), "{}: {}: {difference:?}", chain.name, other.door);
            }
            let resumed = seen.iter().map(|seen| seen.connections).sum::<usize>();
            assert!(resumed > seen.len(), "{}: no kill hit a connection", chain.name);
        }
        say(&format!("{EVENTS} events of four codecs over three doors, {kills} kills"));
        Ok(())
    });
}
