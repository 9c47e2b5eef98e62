//! Whose turn it is to write. SQLite has one writer and an unfair busy handler, so this process queues its own writes
//! in order of priority and only one of them ever asks the file for its lock.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// How urgent a write is; the first of the list goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Events that somebody waits to see stored.
    Append,
    /// Changes of sites, keys, views and scopes.
    Configuration,
    /// Hiding and restoring events.
    Deletion,
    /// Folding what arrived.
    Fold,
    /// Folding what was there before.
    Backfill,
    /// Removing what is hidden.
    Purge,
}

#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    busy: bool,
    arrivals: u64,
    waiting: BinaryHeap<Reverse<Waiter>>,
}

#[derive(Debug)]
struct Waiter {
    priority: Priority,
    arrival: u64,
    wake: oneshot::Sender<Turn>,
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Option<Arc<Gate>>);

impl Gate {
    /// Waits for a turn.
    pub(super) async fn enter(self: &Arc<Self>, priority: Priority) -> Turn {
        let called = {
            let mut queue = self.lock();
            if !queue.busy {
                queue.busy = true;
                return Turn(Some(self.clone()));
            }
            queue.arrivals += 1;
            let (wake, called) = oneshot::channel();
            let arrival = queue.arrivals;
            queue.waiting.push(Reverse(Waiter {
                priority,
                arrival,
                wake,
            }));
            called
        };
        // A sender is dropped only with the gate itself, which this call holds.
        called.await.unwrap_or(Turn(None))
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(gate) = self.0.take() else { return };
        loop {
            let next = {
                let mut queue = gate.lock();
                let next = queue.waiting.pop();
                queue.busy = next.is_some();
                next
            };
            let Some(Reverse(waiter)) = next else { return };
            match waiter.wake.send(Turn(Some(gate.clone()))) {
                Ok(()) => return,
                // It gave up waiting. Its turn must not come back through `drop`, which would recurse.
                Err(mut turn) => turn.0 = None,
            }
        }
    }
}

impl PartialEq for Waiter {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiter {}

impl PartialOrd for Waiter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.priority, self.arrival).cmp(&(other.priority, other.arrival))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_urgent_go_first_and_those_who_gave_up_hold_nobody() {
        let gate = Arc::new(Gate::default());
        let first = gate.enter(Priority::Purge).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for priority in [Priority::Purge, Priority::Fold, Priority::Append] {
            let (gate, order) = (gate.clone(), order.clone());
            tasks.push(tokio::spawn(async move {
                let _turn = gate.enter(priority).await;
                order.lock().expect("no panic").push(priority);
            }));
            tokio::task::yield_now().await;
        }
        let gone = tokio::spawn({
            let gate = gate.clone();
            async move { drop(gate.enter(Priority::Append).await) }
        });
        tokio::task::yield_now().await;
        gone.abort();
        drop(first);
        for task in tasks {
            task.await.expect("no panic");
        }
        assert_eq!(
            *order.lock().expect("no panic"),
            [Priority::Append, Priority::Fold, Priority::Purge]
        );
        assert!(!gate.lock().busy);
    }
}
