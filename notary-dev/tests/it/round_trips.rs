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
    proxy.set_latency(Latency::Fixed(Duration::from_millis(200)));
    let start = Instant::now();
    ask(&proxy, "/v2/?first").await;
    let (one, two, three) = (ask(&proxy, "/v2/?a"), ask(&proxy, "/v2/?b"), ask(&proxy, "/v2/?c"));
    tokio::join!(one, two, three);
    ask(&proxy, "/v2/?last").await;
    assert!(start.elapsed() >= Duration::from_millis(600));
    let log = proxy.log();
    assert_eq!((log.len(), proxy.round_trips()), (5, 3));
    assert!(log.iter().all(|e| e.method == "GET" && e.status == Some(200) && e.end.is_some() && !e.authorized));
    assert_eq!((log[0].path.as_str(), log[4].path.as_str()), ("/v2/?first", "/v2/?last"));
    assert_eq!(round_trips(&log[1..4]), 1);
    proxy.clear_log();
    assert_eq!((proxy.log().len(), proxy.round_trips()), (0, 0));
}

#[tokio::test]
async fn a_random_latency_is_waited_for() {
    let registry = EmbeddedRegistry::start().unwrap();
    let proxy = Proxy::start(&registry.address()).unwrap();
    let most = Duration::from_millis(200);
    proxy.set_latency(Latency::Random { most, seed: 7 });
    for _ in 0..4 {
        ask(&proxy, "/v2/").await;
    }
    let longest = proxy.log().iter().map(|e| e.end.unwrap().duration_since(e.start)).max().unwrap();
    assert!(longest > most / 4, "{longest:?}");
}

#[tokio::test]
async fn sees_whether_credentials_came_along() {
    let registry = EmbeddedRegistry::start().unwrap();
    let proxy = Proxy::start(&registry.address()).unwrap();
    client::send(Method::GET, &proxy.url(), &[("authorization", "Bearer x")], "").await.unwrap();
    assert!(proxy.log()[0].authorized);
}
