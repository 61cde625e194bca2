//! `--timeout`: a registry may take as long as it likes, and a command does not.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use super::{
    Run, Sandbox,
    main_job::{machine, refused},
};

/// How long a command may go on after its time has passed, on a machine that has much to do.
const LATER: Duration = Duration::from_secs(5);

const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry that sends every manifest one byte a second: never so slow that one read would be given up.
fn trickling_registry() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || trickle(stream));
        }
    });
    address.to_string()
}

/// Answers the requests of one connection until the other side has gone.
fn trickle(mut stream: TcpStream) -> Option<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
        if request.ends_with(b"\r\n\r\n") {
            let is_head = request.starts_with(b"HEAD");
            let digest = format!("sha256:{}", "ab".repeat(32));
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {IMAGE_MANIFEST}\r\nContent-Length: 600\r\n\
                 Docker-Content-Digest: {digest}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).ok()?;
            for _ in 0..if is_head { 0 } else { 600 } {
                stream.write_all(b" ").ok()?;
                thread::sleep(Duration::from_secs(1));
            }
            request.clear();
        }
    }
}

fn timed(sandbox: &Sandbox, line: &str) -> (Run, Duration) {
    let begun = Instant::now();
    let run = sandbox.run(line);
    (run, begun.elapsed())
}

/// [⚔]
/// The registry sends a little for ever. Every verb that reads ends when its time has passed, with nothing on stdout.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#slow-retrieval
#[test]
fn a_trickle_ends_with_the_command() {
    let repository = format!("{}/acme/app", trickling_registry());
    let sandbox = Sandbox::new();
    let lines = [
        "get {}:1.4 approvals --timeout 2s",
        "get {}:1.4 approvals -o out/approvals --timeout 2s",
        "--timeout 2s list {}:1.4",
        "list {} --all-images --timeout 2s",
        "status {} --timeout 2s",
        "inspect {} --timeout 2s",
        "pending {} --timeout 2s",
        "delegation list {} --timeout 2s",
        "publisher list {} --timeout 2s",
        "trust pin {} --timeout 2s",
    ];
    let check = |line: &str| {
        let (run, took) = timed(&sandbox, &line.replace("{}", &repository));
        // The image is looked up at the same time, and takes as long.
        let doing = if line.contains(":1.4") { "looking up the image" } else { "reading the signed metadata" };
        refused(&run, 10, &format!("timed out after 2 s while {doing}"));
        assert!(run.stderr().contains("--timeout"), "{}", run.transcript());
        let bound = Duration::from_secs(2);
        assert!(took >= bound && took < bound + LATER, "{line}: {took:?}");
    };
    thread::scope(|scope| {
        for line in lines {
            scope.spawn(|| check(line));
        }
    });
    assert!(!sandbox.path("out").exists());
    let (run, _) = timed(&sandbox, &format!("list {repository}:1.4 --timeout 300ms --format json"));
    let error: serde_json::Value = serde_json::from_str(run.stderr()).unwrap();
    assert_eq!((run.code(), run.stdout(), &error["error"]["kind"]), (10, "", &"timed_out".into()));
}

/// What a command keeps for a while on the disk goes with it.
#[test]
fn temporary_files_go_when_the_time_has_passed() {
    let repository = format!("{}/acme/app", trickling_registry());
    let mut machine = machine();
    let kept = machine.path("kept");
    std::fs::create_dir(&kept).unwrap();
    machine.set("TMPDIR", kept.display().to_string());
    let image = format!("{repository}:1.4");
    let run = machine.run_with_stdin(&["put", &image, "sbom", "-", "--timeout", "1s"], vec![b'x'; 2 << 20]);
    refused(&run, 10, "timed out after 1 s");
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 0);
}

#[test]
fn a_time_is_a_span() {
    for bad in ["0s", "-5s", "5", "soon"] {
        let run = Sandbox::new().run(&format!("list acme/app --timeout={bad}"));
        refused(&run, 2, "is not a span of time");
    }
}
