//! Dead letters: kept with their reason, found, replayed; who may know of which job.

use super::*;
use crate::Sight;

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_keeps_its_reason_and_is_replayed() {
    let house = House::new().await;
    let work = Work::new(&[Act::Fail(ErrorCode::Invalid), Act::Succeed]);
    let runner = house.runner("a", &work);
    let id = house.put().await;
    let dead = house.until(id, |j| j.state.is_over()).await;
    assert_eq!((dead.state, dead.tries), (State::Failed, 1));
    assert_eq!(dead.error.as_ref().map(|failure| failure.detail.as_str()), Some("for a test"));
    let failed = Filter { state: Some(State::Failed), ..Filter::default() };
    assert_eq!(house.jobs.list(SPACE, &failed).await.unwrap().0, [dead]);
    let again = house.jobs.retry(SPACE, id, |_| Vec::new()).await.unwrap();
    assert_eq!((again.state, again.tries, again.finished_at, again.error), (State::Queued, 0, None, None));
    let job = house.until(id, |j| j.state.is_over()).await;
    assert_eq!((job.state, job.tries), (State::Succeeded, 1));
    runner.stop().await;
    let refused = house.jobs.retry(SPACE, id, |_| Vec::new()).await.unwrap_err();
    assert_eq!((refused.code(), refused.detail().contains("succeeded")), (ErrorCode::RuleRefused, true));
    assert_eq!(work.runs.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_full_of_what_one_may_see() {
    let house = House::new().await;
    let put = async |object: &str, key: i64| {
        let input = json!({"object": object});
        let new = NewJob { kind: "work".into(), input, key_id: Some(Id(key)), ..NewJob::default() };
        let (id, write) = house.jobs.enqueue_write(new);
        house.jobs.store().commit(Batch { space: SPACE, writes: vec![write] }).await.unwrap();
        id
    };
    let (lead, own) = (put("lead", 1).await, put("deal", 7).await);
    for _ in 0..20 {
        put("deal", 1).await;
    }
    let page = async |sight: Sight| {
        let filter = Filter { sight: Some(sight), limit: Some(2), ..Filter::default() };
        let (jobs, more) = house.jobs.list(SPACE, &filter).await.unwrap();
        (jobs.into_iter().map(|job| job.id).collect::<Vec<_>>(), more)
    };
    let sight = |key: Option<i64>, objects: &[&str]| Sight {
        key_id: key.map(Id),
        objects: objects.iter().map(|object| (*object).to_owned()).collect(),
    };
    assert_eq!(page(sight(Some(7), &["lead"])).await, (vec![own, lead], false));
    assert_eq!(page(sight(None, &["lead"])).await, (vec![lead], false));
    assert_eq!(page(sight(None, &[])).await, (vec![], false));
    assert!(page(sight(Some(7), &["lead", "deal"])).await.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_over_for_long_goes() {
    let house = House::new().await;
    let work = Work::new(&[Act::Succeed]);
    let runner = house.runner("a", &work);
    let id = house.put().await;
    let job = house.until(id, |j| j.state.is_over()).await;
    runner.stop().await;
    let after = job.finished_at.unwrap() + 1;
    assert_eq!(house.jobs.forget(SPACE, after - 1, &[]).await.unwrap(), 0);
    assert_eq!(house.jobs.forget(SPACE, after, &["work"]).await.unwrap(), 0);
    assert_eq!(house.jobs.forget(SPACE, after, &["import"]).await.unwrap(), 1);
    assert_eq!(house.jobs.get(SPACE, id).await.unwrap_err().code(), ErrorCode::NotFound);
}
