//! The proxy as a meter.

use std::time::{Duration, Instant};

use hyper::Method;
use notary_dev::{
    client,
    embedded::EmbeddedRegistry,
    proxy::{Latency, Proxy, round_trips},
};

async fn ask(proxy: &Proxy, path: &str) {
    client::send(Method::GET, &format!("{}{path}", proxy.url()), &[], "").await.unwrap();
}

#[tokio::test]
async fn counts_what_had_to_wait_and_not_what_ran_beside_it() {
    let registry = EmbeddedRegistry::start().unwrap();
    let proxy = Proxy::start(&registry.address()).unwrap();
    proxy.set_latency(Latency::Fixed(Duration::from_millis(50)));
    let start = Instant::now();
    ask(&proxy, "/v2/?first").await;
    let (one, two, three) = (ask(&proxy, "/v2/?a"), ask(&proxy, "/v2/?b"), ask(&proxy, "/v2/?c"));
    tokio::join!(one, two, three);
    ask(&proxy, "/v2/?last").await;
    assert!(start.elapsed() >= Duration::from_millis(150));
    let log = proxy.log();
    assert_eq!((log.len(), proxy.round_trips()), (5, 3));
    assert!(log.iter().all(|e| e.method == "GET" && e.status == Some(200) && e.end.is_some() && !e.authorized));
    assert_eq!((log[0].path.as_str(), log[4].path.as_str()), ("/v2/?first", "/v2/?last"));
    assert_eq!(round_trips(&log[1..4]), 1);
    proxy.clear_log();
    assert_eq!((proxy.log().len(), proxy.round_trips()), (0, 0));
}

#[tokio::test]
async fn a_random_latency_is_the_same_for_the_same_seed() {
    let registry = EmbeddedRegistry::start().unwrap();
    let waits = async |seed| {
        let proxy = Proxy::start(&registry.address()).unwrap();
        proxy.set_latency(Latency::Random { most: Duration::from_millis(200), seed });
        for _ in 0..4 {
            ask(&proxy, "/v2/").await;
        }
        let log = proxy.log();
        log.iter().map(|e| e.end.unwrap().duration_since(e.start).as_millis()).collect::<Vec<_>>()
    };
    let (first, again, other) = (waits(7).await, waits(7).await, waits(8).await);
    let apart = |a: &[u128], b: &[u128]| a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(apart(&first, &again) < apart(&first, &other), "{first:?} {again:?} {other:?}");
    assert!(first.iter().max() > first.iter().min());
}

#[tokio::test]
async fn sees_whether_credentials_came_along() {
    let registry = EmbeddedRegistry::start().unwrap();
    let proxy = Proxy::start(&registry.address()).unwrap();
    client::send(Method::GET, &proxy.url(), &[("authorization", "Bearer x")], "").await.unwrap();
    assert!(proxy.log()[0].authorized);
}
