//! A statement of 1 GiB.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read, Write},
    path::Path,
    thread,
    time::Duration,
};

use super::{
    actor::{Actor, Run},
    place::{Place, text},
};

const PIECE: usize = 1 << 20;
const PIECES: usize = 1 << 10;
/// Bytes of memory that one command may have in use at any time.
const MEMORY: u64 = 64 << 20;

/// No two pieces are alike, so one that is lost, repeated or misplaced shows.
fn piece(number: usize) -> Vec<u8> {
    format!("{number:015}\n").repeat(PIECE / 16).into_bytes()
}

fn write(path: &Path) {
    let mut file = BufWriter::with_capacity(PIECE, File::create(path).unwrap());
    for number in 0..PIECES {
        file.write_all(&piece(number)).unwrap();
    }
    file.flush().unwrap();
}

fn is_whole(path: &Path) -> bool {
    let mut file = BufReader::with_capacity(PIECE, File::open(path).unwrap());
    let mut found = vec![0; PIECE];
    (0..PIECES).all(|number| file.read_exact(&mut found).is_ok() && found == piece(number))
        && file.read(&mut found).unwrap() == 0
}

/// Runs the binary with stdout going to `stdout`, and returns the most memory that it had in use.
fn measured(actor: &Actor, args: &[&str], stdout: File) -> (Run, u64) {
    let mut child = actor.command(args).stdout(stdout).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    // The kernel keeps the high-water mark, so all that is missed is what comes in the last moment.
    while child.try_wait().unwrap().is_none() {
        let found = fs::read_to_string(&status).unwrap_or_default();
        let line = found.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        most = most.max(kilobytes.unwrap_or(0) << 10);
        thread::sleep(Duration::from_millis(20));
    }
    let run = Run { line: args.join(" "), output: child.wait_with_output().unwrap() };
    (run, most)
}

#[test]
fn is_streamed_both_ways() {
    let owner = Actor::new();
    let place = Place::new();
    owner.does(&["init", &place.repository()]);
    let file = owner.path("large");
    write(&file);
    let nowhere = || File::create("/dev/null").unwrap();
    let (put, most_to_put) = measured(&owner, &["put", &place.image(), "archive", text(&file)], nowhere());
    put.done();
    fs::remove_file(&file).unwrap();

    let got = owner.path("got");
    let to_file = ["get", "--verify", &place.image(), "archive", "-o", text(&got)];
    let (get, most_to_get) = measured(&owner, &to_file, nowhere());
    get.done();
    assert!(is_whole(&got));
    fs::remove_file(&got).unwrap();

    let to_stdout = ["get", "--verify", &place.image(), "archive"];
    let (get, most_to_write) = measured(&owner, &to_stdout, File::create(&got).unwrap());
    get.done();
    assert!(is_whole(&got));
    let most = [most_to_put, most_to_get, most_to_write];
    assert!(most.iter().all(|most| (1..MEMORY).contains(most)), "{most:?}");
}
