//! `wallwalk-scan`: works jobs of the scan queue, each a full scan or a delivery.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use wallwalk_scanner::deployment::{Deployment, Limits};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let deployment = Deployment::from_process().await?;
    run(service_fn(|event: LambdaEvent<SqsEvent>| work(&deployment, event))).await
}

async fn work(deployment: &Deployment, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let limits = Limits::of_invocation(event.context.deadline);
    let mut response = SqsBatchResponse::default();
    for message in event.payload.records {
        if let Err(error) = deployment.work(message.body.as_deref().unwrap_or_default(), limits).await {
            let error = format!("{error:#}");
            tracing::error!(message = message.message_id, error, "the job failed; it will be delivered again");
            response.add_failure(message.message_id.unwrap_or_default());
        }
    }
    Ok(response)
}
