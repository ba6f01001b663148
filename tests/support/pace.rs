//! How much slower than an idle machine this one is just now.

use std::{fs, thread, time::Duration};

/// A time that is enough on an idle machine, as long as it takes here: where more processes want to run than
/// there are cores, each waits for the others.
pub(crate) fn stretched(idle: Duration) -> Duration {
    let load = fs::read_to_string("/proc/loadavg").expect("Linux");
    let waiting: f64 =
        load.split(' ').next().and_then(|minute| minute.parse().ok()).expect("the load of the last minute");
    let cores = thread::available_parallelism()
        .map_or(1.0, |cores| f64::from(u32::try_from(cores.get()).unwrap_or(u32::MAX)));
    idle.mul_f64((waiting / cores).max(1.0))
}
