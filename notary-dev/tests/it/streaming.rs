//! Large bodies through the proxy.

use std::{convert::Infallible, fs};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    Method, Request, StatusCode,
    body::{Frame, Incoming},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use notary_dev::{debian::DebianRegistry, proxy::Proxy, push::Target};
use ring::digest::{Context, SHA256};

const PIECES: usize = 4096;
static PIECE: [u8; 64 << 10] = [7; 64 << 10];
/// What other tests of this process and the buffers of sockets may take, far below the 256 MiB that pass.
const ALLOWED_KIB: u64 = 96 << 10;

/// The most memory that this process has ever had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn length(mut body: Incoming) -> usize {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame.unwrap().into_data().map_or(0, |data| data.len());
    }
    length
}

#[tokio::test]
async fn pass_both_ways_without_being_kept() {
    let registry = DebianRegistry::start().unwrap();
    let proxy = Proxy::start(&registry.address()).unwrap();
    let target = Target::anonymous(&proxy.address(), "app");
    let mut hash = Context::new(&SHA256);
    (0..PIECES).for_each(|_| hash.update(&PIECE));
    let digest = format!("sha256:{}", hex::encode(hash.finish()));
    let upload = target.ask(Method::POST, "blobs/uploads/").await.unwrap().header("location").to_owned();

    let before = peak();
    let pieces = (0..PIECES).map(|_| Ok::<_, Infallible>(Frame::data(Bytes::from_static(&PIECE))));
    let put = Request::put(format!("{upload}&digest={digest}"))
        .header("content-length", PIECES * PIECE.len())
        .body(StreamBody::new(stream::iter(pieces)))
        .unwrap();
    let client: Client<HttpConnector, _> = Client::builder(TokioExecutor::new()).build_http();
    assert_eq!(client.request(put).await.unwrap().status(), StatusCode::CREATED);
    let get = Request::get(format!("{}/v2/app/blobs/{digest}", proxy.url()));
    let none = http_body_util::Empty::<Bytes>::new();
    let client: Client<HttpConnector, _> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(get.body(none).unwrap()).await.unwrap();
    assert_eq!(length(answer.into_body()).await, PIECES * PIECE.len());
    assert!(peak() - before < ALLOWED_KIB, "{} KiB more", peak() - before);
}
