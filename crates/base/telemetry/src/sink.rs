//! A writer thread fed through one bounded buffer.
//!
//! Lines are appended to a shared buffer under a lock that is held for a copy; the thread swaps the buffer for an
//! empty one and writes all of it at once. That costs a producer no allocation, and no wake-up but the first of a batch.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::metrics::Counter;

const CAPACITY: usize = 4 << 20;
const BATCH: usize = 256 << 10;
/// How long a batch waits for company.
const LINGER: Duration = Duration::from_millis(10);
/// How long a full buffer may hold up a producer.
const PATIENCE: Duration = Duration::from_millis(5);
/// How long closing waits for the last write.
const FAREWELL: Duration = Duration::from_secs(2);

pub(crate) struct Sink {
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
    dropped: Counter,
}

#[derive(Default)]
struct State {
    buffer: Vec<u8>,
    /// Someone has waited in vain since the last write; nobody else waits until there is progress.
    stalled: bool,
    closing: bool,
    closed: bool,
}

impl Sink {
    /// Starts the thread. `dropped` counts the lines that were lost.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn start(out: impl Write + Send + 'static, dropped: Counter) -> io::Result<Arc<Self>> {
        let sink = Arc::new(Self { state: Mutex::default(), filled: Condvar::new(), emptied: Condvar::new(), dropped });
        let writer = Arc::clone(&sink);
        std::thread::Builder::new().name("log-writer".to_owned()).spawn(move || writer.run(out))?;
        Ok(sink)
    }

    /// Takes a line that ends in a line feed. When the buffer is full it waits for five milliseconds at most and
    /// then drops the line.
    pub fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        if state.buffer.len() + line.len() > CAPACITY {
            if !state.stalled {
                let is_full = |state: &mut State| state.buffer.len() + line.len() > CAPACITY;
                let waited = self.emptied.wait_timeout_while(state, PATIENCE, is_full);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.buffer.len() + line.len() > CAPACITY {
                state.stalled = true;
                self.dropped.increment();
                return;
            }
        }
        if state.closed {
            self.dropped.increment();
            return;
        }
        let before = state.buffer.len();
        state.buffer.extend_from_slice(line);
        let wake = before == 0 || (before < BATCH && state.buffer.len() >= BATCH);
        drop(state);
        if wake {
            self.filled.notify_one();
        }
    }

    /// Writes what is buffered and ends the thread; returns after two seconds at the latest.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        self.filled.notify_all();
        drop(self.emptied.wait_timeout_while(state, FAREWELL, |state| !state.closed));
    }

    fn run(&self, mut out: impl Write) {
        let mut batch = Vec::new();
        loop {
            let waiting = self.filled.wait_while(self.lock(), |state| state.buffer.is_empty() && !state.closing);
            let state = waiting.unwrap_or_else(PoisonError::into_inner);
            let gathering =
                self.filled.wait_timeout_while(state, LINGER, |state| state.buffer.len() < BATCH && !state.closing);
            let mut state = gathering.unwrap_or_else(PoisonError::into_inner).0;
            std::mem::swap(&mut state.buffer, &mut batch);
            let last = state.closing && batch.is_empty();
            state.closed = last;
            drop(state);
            self.emptied.notify_all();
            if last {
                return;
            }
            if out.write_all(&batch).and_then(|()| out.flush()).is_err() {
                self.dropped.add(batch.iter().filter(|byte| **byte == b'\n').count() as u64);
            }
            batch.clear();
            batch.shrink_to(BATCH * 2);
            self.lock().stalled = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;
    use crate::metrics::Registry;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Blocks until the sender is gone.
    struct Stuck(mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn counter() -> Counter {
        Registry::new().counter("dropped", "", &[])
    }

    #[test]
    fn every_line_arrives_whole_from_many_threads() {
        let (memory, dropped) = (Memory::default(), counter());
        let sink = Sink::start(memory.clone(), dropped.clone()).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let sink = &sink;
                scope.spawn(move || (0..5_000).for_each(|n| sink.push(format!("{thread} {n}\n").as_bytes())));
            }
        });
        sink.close();
        let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 40_000);
        for thread in 0..8 {
            let own: Vec<&str> = text.lines().filter(|line| line.starts_with(&format!("{thread} "))).collect();
            assert_eq!(own, (0..5_000).map(|n| format!("{thread} {n}")).collect::<Vec<_>>());
        }
        assert_eq!(dropped.get(), 0);
        sink.push(b"too late\n");
        assert_eq!(dropped.get(), 1);
    }

    #[test]
    fn a_stuck_output_costs_one_short_wait_and_counted_lines() {
        let ((release, stuck), dropped) = (mpsc::channel(), counter());
        let sink = Sink::start(Stuck(stuck), dropped.clone()).unwrap();
        let line = vec![b'x'; 64 << 10];
        let started = Instant::now();
        (0..400).for_each(|_| sink.push(&line));
        assert!(dropped.get() >= 400 - 2 * (CAPACITY / line.len()) as u64);
        assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
        drop(release);
        sink.close();
    }
}
