use std::{io::Write, process::Command, time::Duration};

use super::{BenchError, timed};

/// Times two commands in turn, after one run of each that is not counted, and writes their times and the ratio.
pub(super) fn compare(
    out: &mut dyn Write,
    runs: usize,
    (name, command): (&str, &dyn Fn() -> Command),
    (peer_name, peer): (&str, &dyn Fn() -> Command),
) -> Result<(), BenchError> {
    timed(&mut command())?;
    timed(&mut peer())?;
    let (mut times, mut peer_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let (ours, theirs) = (timed(&mut command())?, timed(&mut peer())?);
        times.push(milliseconds(ours));
        peer_times.push(milliseconds(theirs));
        ratios.push(ours.as_secs_f64() / theirs.as_secs_f64());
    }
    row(out, name, "ms", &mut times)?;
    row(out, peer_name, "ms", &mut peer_times)?;
    row(out, "ratio, pair by pair", "", &mut ratios)
}

/// Times one command, after one run that is not counted.
pub(super) fn time(
    out: &mut dyn Write,
    runs: usize,
    name: &str,
    command: &dyn Fn() -> Command,
) -> Result<(), BenchError> {
    timed(&mut command())?;
    let mut times = Vec::new();
    for _ in 0..runs {
        times.push(milliseconds(timed(&mut command())?));
    }
    row(out, name, "ms", &mut times)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn row(out: &mut dyn Write, name: &str, unit: &str, figures: &mut [f64]) -> Result<(), BenchError> {
    figures.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (figures.first(), figures.last()) else { return Ok(()) };
    let median = figures[figures.len() / 2];
    writeln!(out, "{name:<38} {median:>9.2} {unit:<2} ({least:.2} to {most:.2})")?;
    Ok(())
}
