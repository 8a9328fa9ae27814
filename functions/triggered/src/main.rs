//! `wallwalk-triggered`: works batches of CloudTrail events, each a narrow scan of what they made stale.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use wallwalk_scanner::deployment::{Deployment, Limits};
use wallwalk_scanner::trigger::Record;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let deployment = Deployment::from_process().await?;
    run(service_fn(|event: LambdaEvent<SqsEvent>| work(&deployment, event))).await
}

async fn work(deployment: &Deployment, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let limits = Limits::of_invocation(event.context.deadline);
    let records = event.payload.records.into_iter();
    let records =
        records.map(|message| Record { id: message.message_id.unwrap_or_default(), body: message.body.unwrap_or_default() }).collect();
    let mut response = SqsBatchResponse::default();
    response.set_failures(deployment.trigger(records, limits).await);
    Ok(response)
}
