//! Schedules over nights that are an hour shorter or longer, and clocks that are set back.

use kontor_model::time::parse_datetime;

use super::*;
use crate::Schedule;

const HOUR: i64 = 3_600_000;

impl House {
    fn set(&self, moment: &str) {
        let now = kontor_model::Clock::now_ms(&*self.clock);
        self.clock.advance(parse_datetime(moment).unwrap() - now);
    }

    async fn nightly(&self) {
        let schedule = Schedule {
            name: "night".into(),
            kind: "work".into(),
            cron: "30 2 * * *".into(),
            time_zone: "Europe/Berlin".into(),
            priority: -1,
            input: json!({"n": 1}),
        };
        self.jobs.plan(SPACE, &schedule, false).await.unwrap();
    }

    /// Looks every ten minutes from one moment to another, ends what was put in, and says when that was.
    async fn watched(&self, from: &str, to: &str) -> Vec<String> {
        self.set(from);
        let mut struck = Vec::new();
        while kontor_model::Clock::now_ms(&*self.clock) < parse_datetime(to).unwrap() {
            if self.jobs.strike(SPACE).await.unwrap() > 0 {
                struck.push(kontor_model::time::datetime_text(kontor_model::Clock::now_ms(&*self.clock)));
                self.end_all().await;
            }
            self.clock.advance(HOUR / 6);
        }
        struck
    }

    async fn end_all(&self) {
        let queued = Filter { state: Some(State::Queued), ..Filter::default() };
        for job in self.jobs.list(SPACE, &queued).await.unwrap().0 {
            assert_eq!((job.kind.as_str(), job.priority, &job.input), ("work", -1, &json!({"n": 1})));
            self.jobs.cancel(SPACE, job.id).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_hour_strikes_after_and_a_double_one_once() {
    let house = House::new().await;
    house.set("2026-03-28T00:00:00Z");
    house.nightly().await;
    let spring = house.watched("2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z").await;
    assert_eq!(spring, ["2026-03-28T01:30:00.000Z", "2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"]);
    let autumn = house.watched("2026-10-24T12:00:00Z", "2026-10-27T00:00:00Z").await;
    // What nobody was there for since spring is one stroke.
    assert_eq!(autumn, ["2026-10-24T12:00:00.000Z", "2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_strikes_nothing_twice_and_stops_nothing() {
    let house = House::new().await;
    house.set("2026-06-01T00:00:00Z");
    house.nightly().await;
    assert_eq!(house.watched("2026-06-01T00:20:00Z", "2026-06-01T00:40:00Z").await.len(), 1);
    assert_eq!(house.watched("2026-05-31T23:40:00Z", "2026-06-01T02:00:00Z").await, [] as [String; 0]);
    assert_eq!(house.watched("2026-06-02T00:00:00Z", "2026-06-02T01:00:00Z").await.len(), 1);
    // A clock that was a year ahead has not used the year up.
    house.set("2027-06-02T12:00:00Z");
    house.jobs.strike(SPACE).await.unwrap();
    house.end_all().await;
    assert_eq!(house.watched("2026-06-02T22:00:00Z", "2026-06-03T02:00:00Z").await, ["2026-06-03T00:30:00.000Z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_does_not_run_into_itself_and_changes() {
    let house = House::new().await;
    house.set("2026-06-01T00:00:00Z");
    house.nightly().await;
    house.set("2026-06-01T00:30:00Z");
    assert_eq!((house.jobs.strike(SPACE).await.unwrap(), house.jobs.strike(SPACE).await.unwrap()), (1, 0));
    house.set("2026-06-02T00:30:00Z");
    assert_eq!(house.jobs.strike(SPACE).await.unwrap(), 0, "the last one waits still");
    let known = house.jobs.schedules(SPACE).await.unwrap();
    assert_eq!(known[0].json()["next_at"], "2026-06-03T00:30:00.000Z");
    let hourly = Schedule { cron: "0 * * * *".into(), ..known[0].schedule.clone() };
    house.jobs.plan(SPACE, &hourly, false).await.unwrap();
    assert_eq!(house.jobs.schedules(SPACE).await.unwrap()[0].json()["next_at"], "2026-06-02T01:00:00.000Z");
    let wrong = Schedule { cron: "soon".into(), ..hourly.clone() };
    assert_eq!(house.jobs.plan(SPACE, &wrong, false).await.unwrap_err().code(), ErrorCode::Invalid);
    house.end_all().await;
    house.jobs.plan(SPACE, &hourly, true).await.unwrap();
    assert_eq!(house.jobs.strike(SPACE).await.unwrap(), 1, "soon is now");
    house.jobs.unplan(SPACE, "night").await.unwrap();
    assert!(house.jobs.schedules(SPACE).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_and_a_pause_end_although_the_clock_is_set_back() {
    let house = House::new().await;
    let work = Work::new(&[Act::Fail(ErrorCode::Unavailable), Act::Hang, Act::Succeed]);
    let runner = house.runner("a", &work);
    let id = house.put().await;
    house.until(id, |j| j.error.is_some()).await;
    runner.stop().await;
    house.clock.advance(-HOUR);
    assert_eq!(house.jobs.mend(SPACE).await.unwrap(), 1);
    assert_eq!(house.jobs.mend(SPACE).await.unwrap(), 0);
    house.clock.advance(1_200);
    // It is claimed, and its process dies.
    let runner = house.runner("b", &work);
    house.until(id, |j| j.holder.is_some()).await;
    drop(runner);
    house.clock.advance(-HOUR);
    assert_eq!(house.jobs.mend(SPACE).await.unwrap(), 1);
    house.clock.advance(31_000);
    let runner = house.runner("c", &work);
    let job = house.until(id, |j| j.state.is_over()).await;
    assert_eq!(job.state, State::Succeeded);
    work.word.notify_one();
    runner.stop().await;
    // A time that somebody chose stays.
    let run_at = Some(job.created_at + 5 * HOUR);
    let (later, write) = house.jobs.enqueue_write(NewJob { kind: "work".into(), run_at, ..NewJob::default() });
    house.jobs.store().commit(Batch { space: SPACE, writes: vec![write] }).await.unwrap();
    house.clock.advance(-HOUR);
    house.jobs.mend(SPACE).await.unwrap();
    assert_eq!(Some(house.jobs.get(SPACE, later).await.unwrap().run_at), run_at);
}
