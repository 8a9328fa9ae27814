//! `wallwalk-scheduled`: plans a full scan of each account and Region that is due.
//!
//! Whatever starts it, the schedule or a person, it does the same.

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};
use wallwalk_scanner::deployment::Deployment;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let deployment = Deployment::from_process().await?;
    run(service_fn(|_: LambdaEvent<Value>| async {
        let plan = deployment.plan().await?;
        Ok::<_, Error>(json!({"expected": plan.expected, "sent": plan.sent, "stale": plan.stale}))
    }))
    .await
}
