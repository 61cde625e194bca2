//! Eight people who publish at the same time over a slow network.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use notary_dev::proxy::Latency;

use super::{
    actor::Actor,
    place::{PATH, Place},
    team,
};

const WRITERS: usize = 8;
const PUTS: usize = 10;
const MOST: Duration = Duration::from_millis(500);

fn kind(writer: usize, put: usize) -> String {
    format!("writer-{writer}-{put}")
}

fn listed(actor: &Actor, image: &str) -> BTreeSet<String> {
    String::from_utf8(actor.does(&["list", image])).unwrap().lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn eighty_puts_are_reported_and_eighty_are_there() {
    let place = Place::new();
    let image = place.image();
    let actors = team::founded(&place, WRITERS);
    place.proxy.set_latency(Latency::Random { most: MOST, seed: 8 });
    place.proxy.clear_log();
    let begun = Instant::now();
    let reported: BTreeSet<String> = thread::scope(|scope| {
        let writers: Vec<_> = actors
            .iter()
            .enumerate()
            .map(|(writer, actor)| {
                let image = &image;
                scope.spawn(move || {
                    let put = |put| {
                        let kind = kind(writer, put);
                        actor.does(&["put", image, &kind, "--text", &kind]);
                        kind
                    };
                    (0..PUTS).map(put).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let took = begun.elapsed();
    let log = place.proxy.log();
    let puts = |tag: &str| {
        let path = format!("/v2/{PATH}/manifests/{tag}");
        log.iter().filter(|exchange| exchange.method == "PUT" && exchange.path.starts_with(&path)).count()
    };
    let (own, all) = (puts("_manifesto."), puts("_manifesto"));
    eprintln!("{} puts in {took:?}: {own} rounds, {} of them got as far as the common tag", reported.len(), all - own);
    assert_eq!(reported.len(), WRITERS * PUTS);

    place.proxy.set_latency(Latency::None);
    for actor in &actors {
        assert_eq!(listed(actor, &image), reported);
    }
    for kind in &reported {
        assert_eq!(actors[0].does(&["get", "--verify", &image, kind]), kind.as_bytes());
    }
}
